/**
 * The paper's table of ablations on any videos: for every seed and row a start in the row's own form, a learning by the row's
 * rewards, and its scores on the held-out sets. What is finished is kept in the folder and never made again.
 */
import type { JsonObject } from "../core/json.js";
import type { TrainEvent } from "../grpo/event.js";
import { loadModel } from "../infer/load-model.js";
import { nativeBinding } from "../native/load.js";
import { departures } from "../presets/presets.js";
import { parseConfig } from "../run/config.js";
import { checkFits } from "./check.js";
import { ClipKeeper } from "./clip-keeper.js";
import { renderClips, requireEncoder } from "./clips.js";
import type { AblationEvent } from "./event.js";
import { AblationFolder } from "./folder.js";
import { measure, readSets, type VideoSet } from "./measure.js";
import { type AblateOptions, type Plan, planOf } from "./options.js";
import { recordOf } from "./recorded.js";
import { type AblationReport, reportOf } from "./report.js";
import { rowKeys } from "./row-keys.js";
import { goOn } from "./run.js";
import { makeAnswers, promptFile, startOf } from "./start.js";
import type { RowName } from "./table.js";

/** How an ablation stands when it ends. */
export interface Ablation {
  readonly out: string;
  /** Learnings that are measured, of all. */
  readonly finished: number;
  readonly count: number;
  /** Did the signal end it? The same call goes on. */
  readonly stopped: boolean;
  /** Null until every learning is measured. */
  readonly report: AblationReport | null;
}

/**
 * Runs the rows of the paper's table 4, or some of them, with seeds 1 to N.
 *
 * @throws {EngineError} E_OPTION for options that do not fit, and for a folder of other settings; E_FORMAT for lists, prompts
 *   and a model that cannot be read; E_MEDIA for listed videos that do not exist; E_NO_FFMPEG, where clips are to be rendered
 *   also for an ffmpeg without x264; E_NO_LIBTORCH: all of that before anything is made. E_BUSY when another process uses the
 *   folder; later as `train`.
 */
export async function ablate(options: AblateOptions): Promise<Ablation> {
  const plan = planOf(options);
  const record = await recordOf(plan);
  await AblationFolder.check(plan.out, record);
  const { signal, onEvent = () => {} } = options;
  try {
    return await inFolder(plan, record, signal, onEvent);
  } catch (error) {
    if (!signal?.aborted || error !== signal.reason) throw error;
    return standing(plan, finishedIn(plan), true);
  }
}

type Tell = (event: AblationEvent) => void;

async function inFolder(
  plan: Plan,
  record: JsonObject,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<Ablation> {
  signal?.throwIfAborted();
  await checkFits(plan);
  if (plan.clips !== null) await requireEncoder(plan, signal);
  // Missing libtorch is told before anything is made.
  nativeBinding();
  const folder = await AblationFolder.open(plan.out, record);
  const keeper = new ClipKeeper(computing(plan).clipCacheMiB);
  try {
    const wanted = plan.seeds.flatMap((seed) => plan.rows.map((row) => ({ row, seed })));
    const open = wanted.filter(({ row, seed }) => !AblationFolder.holds(folder.dir, row, seed));
    const count = wanted.length;
    let done = count - open.length;
    tell({ type: "begin", done, count });
    if (open.length > 0) {
      if (plan.clips !== null) await renderClips(plan, plan.clips, signal, tell);
      await makeAnswers(plan, folder, signal, tell);
      const sets = await readSets(plan);
      for (const { row, seed } of open) {
        await learn({ plan, folder, keeper, signal, tell }, row, seed, sets);
        tell({ type: "measured", row, seed, done: ++done, count });
      }
    }
    const results = await Promise.all(wanted.map(({ row, seed }) => folder.result(row, seed)));
    return { ...standing(plan, done, false), report: reportOf(results, plan) };
  } finally {
    keeper.dispose();
    await folder.close();
  }
}

/** How every row is computed, with every default filled in. */
function computing(plan: Plan) {
  const { device, dtype, threads, clipCacheMiB } = parseConfig(rowKeys("full", plan));
  return { load: { device, dtype, threads }, clipCacheMiB };
}

interface Making {
  readonly plan: Plan;
  readonly folder: AblationFolder;
  readonly keeper: ClipKeeper;
  readonly signal: AbortSignal | undefined;
  readonly tell: Tell;
}

/** One row of one seed, from its start to its kept scores. */
async function learn(
  { plan, folder, keeper, signal, tell }: Making,
  row: RowName,
  seed: number,
  sets: readonly VideoSet[],
): Promise<void> {
  const model = await startOf(row, seed, { plan, folder, signal, tell });
  const prompt = await promptFile(row, plan, folder);
  const keys = rowKeys(row, plan, { model, data: plan.data, prompt, out: folder.run(row, seed), seed });
  // What a row is by itself is no news.
  const known = new Set(departures(parseConfig(rowKeys(row, { ...plan, config: {} }))));
  const onEvent = (event: TrainEvent) => {
    if (event.type === "warning" && known.has(event.message)) return;
    tell({ type: "learning", row, seed, event });
  };
  const { checkpoint, step } = await goOn(keys, signal, onEvent);
  const trained = await loadModel(checkpoint, computing(plan).load);
  try {
    const batchSize = plan.isShipped ? SHIPPED_BATCH : undefined;
    const onDone = (done: number, count: number) => tell({ type: "measuring", row, seed, done, count });
    const measured = await measure(trained, sets, { keeper, batchSize, signal, onDone });
    await folder.keepResult({ row, seed, steps: step, sets: measured });
  } finally {
    trained.dispose();
  }
}

/** Videos that a model of under a million parameters answers together. */
const SHIPPED_BATCH = 50;

function finishedIn(plan: Plan): number {
  return plan.seeds.flatMap((seed) => plan.rows.filter((row) => AblationFolder.holds(plan.out, row, seed)))
    .length;
}

function standing({ out, seeds, rows }: Plan, finished: number, stopped: boolean): Ablation {
  return { out, finished, count: seeds.length * rows.length, stopped, report: null };
}
