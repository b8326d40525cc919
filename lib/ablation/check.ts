/** What lists and a model's shape alone say against a table's rows, before its weights are read and anything is made. */

import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { realPlace } from "../core/output-place.js";
import type { ManifestEntry } from "../data/entry.js";
import { readManifest } from "../data/manifest.js";
import { stepsPerEpoch } from "../data/order.js";
import { readFolder } from "../model/shape.js";
import { parseConfig, parseMethod } from "../run/config.js";
import { nativeEngine } from "../run/engine.js";
import type { RunKeys } from "../run/keys.js";
import { datasetsOf } from "../run/order.js";
import { inWholeSteps } from "../train/schedule.js";
import { SAMPLES } from "../trial/warm-up.js";
import { checkListed, listOptions } from "./lists.js";
import { readSets } from "./measure.js";
import type { Plan } from "./options.js";
import { rowKeys, startKeys } from "./row-keys.js";
import { checkShare, listedReplies } from "./start.js";
import { TABLE_4 } from "./table.js";

/**
 * @throws {EngineError} E_OPTION for fewer videos than a step takes, for a list that a domain has twice, for rows with motion
 *   where the model has none, and for keys that do not fit the model; E_FORMAT for what is no checkpoint or list, and for
 *   replies of which none has a think block and a score; E_MEDIA for videos that do not exist.
 */
export async function checkFits(plan: Plan): Promise<void> {
  const { checkpoint } = await readFolder(shippedCheckpoint(plan.model) ?? plan.model, {});
  const moving = plan.rows.filter((row) => TABLE_4[row].motion);
  if (!checkpoint.hasMotion && moving.length > 0) {
    const hint = `its rows are those without motion; of these, ${moving.join(", ")} need a checkpoint with SlowFast`;
    throw optionError("model", "a checkpoint with motion parts", plan.model, hint);
  }
  await refuseTwice(plan);
  const entries = await trainingVideos(plan);
  const videos = entries?.length ?? plan.clips?.train ?? 0;
  for (const row of plan.rows) {
    const keys = { ...parseConfig(rowKeys(row, plan)), model: plan.model };
    const perEpoch = stepsPerEpoch(videos, keys.videosPerStep);
    if (entries !== null && keys.oneDataset) datasetsOf(keys, entries);
    await checkRun(keys, perEpoch);
  }
  await checkStarts(plan, videos);
  if (plan.clips === null) for (const set of await readSets(plan)) await checkListed(set.entries);
}

/** Null for clips that are rendered. @throws {EngineError} E_FORMAT for a list that cannot be read; E_MEDIA for absent videos. */
async function trainingVideos({ clips, data, config }: Plan): Promise<ManifestEntry[] | null> {
  if (clips !== null) return null;
  const entries = await readManifest(data, listOptions(config));
  await checkListed(entries);
  return entries;
}

/** A domain's figure weighs each list by its videos: one that is there twice would count twice. */
async function refuseTwice({ sets }: Plan): Promise<void> {
  const seen = new Set<string>();
  for (const { domain, list } of sets) {
    const mark = `${domain} ${await realPlace(list)}`;
    if (seen.has(mark))
      throw optionError(domain, "each list once", list, "it would count twice in the figures");
    seen.add(mark);
  }
}

/** As a run looks at its keys when it begins. */
async function checkRun(keys: RunKeys, perEpoch: number): Promise<void> {
  inWholeSteps(keys, keys.steps ?? keys.epochs * perEpoch);
  await nativeEngine.checkFits(keys);
}

async function checkStarts(plan: Plan, videos: number): Promise<void> {
  const { startReplies, startConfig, model } = plan;
  const replies = startReplies === null ? null : await listedReplies(startReplies, plan);
  if (replies !== null) await checkListed(replies);
  const most = replies?.length ?? SAMPLES * videos;
  const what =
    replies === null
      ? `the ${most} answers of the model to ${videos} videos`
      : `the ${most} replies with a think block and a score`;
  checkShare(startConfig["videosPerStep"], most, what);
  for (const start of plan.starts) {
    const keys = { ...parseMethod(startKeys(start, plan)), model };
    const perEpoch = Math.floor(most / Math.min(most, keys.videosPerStep));
    await checkRun(keys, perEpoch).catch((error: unknown) => {
      throw ofStart(error);
    });
  }
}

/** A key of the starts' learning is called so, or it would be looked for among those of the rows. */
function ofStart(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  const { code, message, details } = error;
  const { option } = details;
  if (typeof option !== "string" || option === "model") return error;
  const named = `startConfig.${option}`;
  const said = message.replace(`option ${option}:`, `option ${named}:`);
  return new EngineError(code, said, { details: { ...details, option: named }, cause: error });
}
