/** What lists and a model's shape alone say against a table's rows, before its weights are read and anything is made. */

import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { readManifest } from "../data/manifest.js";
import { stepsPerEpoch } from "../data/order.js";
import { checkPresent } from "../data/presence.js";
import { readFolder } from "../model/shape.js";
import { parseConfig } from "../run/config.js";
import { nativeEngine } from "../run/engine.js";
import { listOptions } from "./lists.js";
import type { Plan } from "./options.js";
import { rowKeys } from "./row-keys.js";
import { TABLE_4 } from "./table.js";

/**
 * @throws {EngineError} E_OPTION for fewer videos than a step takes, for rows with motion where the model has none, and for
 *   keys that do not fit the model; E_FORMAT for what is no checkpoint or list; E_MEDIA for videos that do not exist.
 */
export async function checkFits(plan: Plan): Promise<void> {
  const { checkpoint } = await readFolder(shippedCheckpoint(plan.model) ?? plan.model, {});
  const moving = plan.rows.filter((row) => TABLE_4[row].motion);
  if (!checkpoint.hasMotion && moving.length > 0) {
    const hint = `its rows are those without motion; of these, ${moving.join(", ")} need a checkpoint with SlowFast`;
    throw optionError("model", "a checkpoint with motion parts", plan.model, hint);
  }
  const videos = await trainingVideos(plan);
  for (const row of plan.rows) {
    const keys = parseConfig(rowKeys(row, plan));
    stepsPerEpoch(videos, keys.videosPerStep);
    await nativeEngine.checkFits({ ...keys, model: plan.model });
  }
}

/** How many there are. @throws {EngineError} E_FORMAT for a list that cannot be read; E_MEDIA for videos that do not exist. */
async function trainingVideos({ clips, data, config }: Plan): Promise<number> {
  if (clips !== null) return clips.train;
  const entries = await readManifest(data, listOptions(config));
  await checkPresent(entries);
  return entries.length;
}
