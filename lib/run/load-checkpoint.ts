/** The trainer's state of a checkpoint, and what is to be done about one that the run cannot go on from. */
import { EngineError } from "../core/errors.js";
import type { Trainer } from "../model/types.js";
import type { LatestCheckpoint } from "../run-folder/folder.js";

/**
 * @throws {EngineError} E_FORMAT for a broken one, with what the run goes on from without it, and for one that another
 *   configuration has written.
 */
export async function loadCheckpoint(trainer: Trainer, { dir, before }: LatestCheckpoint): Promise<void> {
  await trainer.load(dir).catch((cause: unknown) => {
    if (!(cause instanceof EngineError) || cause.code !== "E_FORMAT") throw cause;
    const onward = before === 0 ? "its start" : `step ${before}`;
    const cure =
      cause.details["ofAnother"] === true
        ? `what lies in ${dir} or the run's config.json was edited since it was saved: put that back as it was`
        : `without the folder ${dir} the run goes on from ${onward}`;
    const message = `${cause.message}; ${cure}`;
    throw new EngineError("E_FORMAT", message, { details: cause.details, cause });
  });
}
