/** What a run keeps when it goes on, and how training goes on with another setting all the same. */
import { join } from "node:path";
import { optionError } from "../core/check.js";
import type { EngineError } from "../core/errors.js";
import { toType } from "../core/to-type.js";
import { isAdapterFolder } from "../model/adapter-folder.js";
import { RunFolder } from "../run-folder/folder.js";
import { PLACES } from "./places.js";

/**
 * E_OPTION for a setting that is given to a run that goes on: it says how a new run begins from this one.
 *
 * @param key  a key of the configuration, or what else says it.
 */
export async function keptError(run: string, key: string, found: unknown): Promise<EngineError> {
  const latest = await RunFolder.open(run)
    .then(({ folder }) => folder.latestCheckpoint())
    .catch(() => null);
  const last = latest?.dir ?? join(run, "checkpoints", "step-N");
  const isAdapter = latest !== null && (await isAdapterFolder(last));
  const merge = isAdapter ? `${toType("merge", last, "--out", "MERGED")} and ` : "";
  const model = isAdapter ? "MERGED" : last;
  return optionError(
    key,
    "none: a run that goes on keeps what it began with",
    found,
    `only places may be new (${PLACES.join(", ")}); to train longer or by other settings, begin a new run from its last ` +
      `checkpoint, with a new optimizer and schedule: ${merge}${toType("train", "--model", model, "--data", "FILE", "--out", "NEW")}`,
  );
}
