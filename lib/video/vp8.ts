/** Frames of VP8 that are decoded for others and never shown. Decodes nothing. */
import { Writable } from "node:stream";
import { runFfmpeg } from "./ffmpeg-command.js";
import type { Packet } from "./ffprobe.js";
import { mediaError } from "./media-file.js";

/** Bit of a frame's first byte that says that it is shown (RFC 6386, section 9.1). */
const SHOW_FRAME = 0x10;

/**
 * Numbers of the packets whose frame is not shown. ffmpeg copies the stream's packets out, and one byte of each is looked at.
 *
 * @throws {EngineError} E_MEDIA when what it copies is not what ffprobe told; E_NO_FFMPEG; the signal's reason.
 */
export async function hiddenFrames(
  file: string,
  stream: number,
  packets: readonly Packet[],
  signal: AbortSignal | undefined,
): Promise<Set<number>> {
  signal?.throwIfAborted();
  const sink = new FirstBytes(packets.map(({ size = 0 }) => size));
  const report = await runFfmpeg({
    input: file,
    openings: [[]],
    outputOptions: ["-map", `0:${stream}`, ...COPY_ALL],
    output: sink,
    signal,
  });
  signal?.throwIfAborted();
  if (!sink.isWhole)
    throw mediaError(
      file,
      `its packets cannot be read twice alike: ${report.lines.at(-1) ?? "no reason was given"}`,
    );
  return new Set([...sink.bytes.keys()].filter((i) => ((sink.bytes[i] ?? 0) & SHOW_FRAME) === 0));
}

/** Every packet as it is, also those before a key frame and before time 0. */
const COPY_ALL = ["-c", "copy", "-copyinkf", "-copypriorss", "1", "-f", "data"];

/** Keeps the first byte of each packet out of their bytes in a row. */
class FirstBytes extends Writable {
  /** [packets] */
  readonly bytes: Uint8Array;
  readonly #starts: Float64Array;
  #total = 0;
  #packet = 0;
  #at = 0;

  constructor(sizes: readonly number[]) {
    super();
    this.#starts = new Float64Array(sizes.length);
    for (const [packet, size] of sizes.entries()) {
      this.#starts[packet] = this.#total;
      this.#total += size;
    }
    this.bytes = new Uint8Array(sizes.length);
  }

  get isWhole(): boolean {
    return this.#at === this.#total;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const end = this.#at + chunk.length;
    for (
      let start = this.#starts[this.#packet] ?? end;
      start < end;
      start = this.#starts[this.#packet] ?? end
    ) {
      this.bytes[this.#packet] = chunk[start - this.#at] ?? 0;
      this.#packet++;
    }
    this.#at = end;
    done();
  }
}
