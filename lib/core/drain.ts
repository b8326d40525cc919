/** Streams into a function, with the function's own error where it fails. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

type Pieces = AsyncIterable<Buffer>;
type Stage = NodeJS.ReadWriteStream | ((pieces: Pieces) => Pieces);

/** What was thrown, whatever it is. */
interface Thrown {
  readonly error: unknown;
}

/**
 * Hands `from`, led through all of `through`, to `sink`. Node's pipeline tells of a sink that throws as of an abort: a
 * stream that is left early is destroyed, and that is noticed first.
 *
 * @throws what `sink` threw; else what the streams did.
 */
export async function drain(
  from: Readable,
  through: readonly Stage[],
  sink: (pieces: Pieces) => Promise<void>,
): Promise<void> {
  const failures: Thrown[] = [];
  const guarded = async (pieces: Pieces): Promise<void> => {
    try {
      await sink(pieces);
    } catch (error) {
      failures.push({ error });
      throw error;
    }
  };
  try {
    await pipeline([from, ...through, guarded] as unknown as NodeJS.ReadWriteStream[]);
  } catch (error) {
    // A stream that breaks also breaks the sink's loop, with the same error.
    throw failures[0] === undefined ? error : failures[0].error;
  }
}
