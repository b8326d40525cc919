/** A run of any method, begun or gone on with: its folder, model, trainer and clips around the training loop. */
import { join } from "node:path";
import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { markTrained, type TrainedSettings } from "../checkpoint/settings.js";
import { checkFunction, optionError } from "../core/check.js";
import { newlyRuled, ruledAsStored } from "../core/rules.js";
import { labelWarnings } from "../data/off-scale.js";
import { recordSettings } from "../model/adapter-folder.js";
import type { LoadOptions } from "../model/types.js";
import { departures } from "../presets/presets.js";
import { type RunEvent, type RunStep, type Sink, tell } from "../run-folder/events.js";
import { RunFolder } from "../run-folder/folder.js";
import { PatientSink } from "../run-folder/patient-sink.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";
import { TensorBoardSink } from "../run-folder/tensorboard/sink.js";
import type { AnswerVariant } from "../text/answer.js";
import { ClipStore } from "../train/clip-store.js";
import { CountedTrainer } from "../train/counted-trainer.js";
import { type TrainEnd, trainLoop } from "../train/loop.js";
import type { PreparedMethod } from "../train/method.js";
import { ratesOf } from "../train/rates.js";
import type { Schedule } from "../train/schedule.js";
import { scored } from "../train/video.js";
import { checkInputs } from "./check-inputs.js";
import {
  checkOneSource,
  type Dataset,
  type GivenVideos,
  type Material,
  type ReplyDataset,
  readMaterial,
  trainVideo,
} from "./dataset.js";
import type { Engine } from "./engine.js";
import { type BestEvaluation, Evaluations } from "./evaluation.js";
import type { Inputs } from "./inputs.js";
import type { RunKeys } from "./keys.js";
import { loadCheckpoint } from "./load-checkpoint.js";
import { plannedRun, replannedRun } from "./memory.js";
import { oldPolicyIn } from "./old-policy.js";
import { datasetsOf, epochSteps, videoOrder } from "./order.js";
import { checkPlaces, type Moved, movedOf, withMoved } from "./places.js";
import { commonWording, promptIds, promptWarnings } from "./prompts.js";
import { readInputs } from "./read-inputs.js";
import { type Resolved, resolveConfig } from "./resolve.js";
import { scheduleWarnings } from "./warnings.js";
import { runWeights, withParts } from "./weights.js";

export interface RunOptions<M extends object> {
  /** When it fires, the run saves and stops; the promise then resolves with `stopped: true`. */
  readonly signal?: AbortSignal | undefined;
  /** Who hears of the run, in this order, after its folder. */
  readonly sinks?: readonly Sink<M>[] | undefined;
  /** One more sink, the last. */
  readonly onEvent?: ((event: RunEvent<M>) => void) | undefined;
  /** Bytes of the model's files that are read, and all of them. */
  readonly onLoad?: LoadOptions["onProgress"] | undefined;
  /** Instead of the configuration's list. */
  readonly dataset?: ReplyDataset | undefined;
  /** Instead of the configuration's evaluation list; relative videos are in `evalVideos`, or the working directory. */
  readonly evalDataset?: Dataset | undefined;
  /** Instead of the configured schedule: learning rate of a step, from 1. */
  readonly schedule?: Schedule | undefined;
}

/** And where what has moved since the run began is now. */
export interface ResumeOptions<M extends object> extends RunOptions<M>, Moved {}

/** How a run stands when it ends. */
export interface TrainSummary extends TrainEnd {
  /** Of the evaluations, the one of highest SRCC; null without any. */
  readonly best: (BestEvaluation & { readonly checkpoint: string }) | null;
  readonly run: string;
  readonly steps: number;
  /** Are its checkpoints adapters of the model that it began with? */
  readonly adapters: boolean;
}

/** Everything is checked, the videos looked for and the model opened before the run folder is made. */
export async function startRun<M extends object>(
  keys: RunKeys,
  method: PreparedMethod<M>,
  options: RunOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  checkOptions(options);
  checkOneSource(keys, options);
  const material = await readMaterial(keys, options, method);
  const inputs = await readInputs(keys, options, method, options.schedule, engine);
  const config = resolved(newlyRuled(await withParts(keys, engine)), material, inputs);
  await RunFolder.checkFree(config.out);
  const planned = plannedRun(config, material, method, await engine.checkFits(config));
  return runIn(null, { ...planned, material }, method, options, engine);
}

/**
 * From the folder's last checkpoint, or from the start, with the inputs that the run began with.
 *
 * @param stored  what the folder's config.json says.
 * @throws {EngineError} E_BUSY when another process uses the folder; E_FORMAT when an input has changed; E_OPTION as
 *                       withMoved, and without the dataset of a run that began with one.
 */
export async function resumeRun<M extends object>(
  folder: RunFolder,
  stored: RunKeys,
  method: PreparedMethod<M>,
  options: ResumeOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  checkOptions(options);
  const moved = movedOf(options);
  for (const name of ["dataset", "evalDataset"] as const) {
    if (stored.inputs?.[name] === undefined || options[name] !== undefined) continue;
    const hint = `a program gave it: resumeTraining(run, { ${name} }) goes on with it`;
    throw optionError(name, "the one that the run began with", undefined, hint);
  }
  const keys = withMoved(stored, moved);
  await folder.hold();
  try {
    const { material, inputs } = await readAgain(keys, options, method, engine);
    const config = resolved(ruledAsStored(keys), material, inputs);
    const warnings = checkInputs(folder.dir, stored.inputs, config, moved, method.rewardModules);
    if (JSON.stringify(stored) !== JSON.stringify(config)) await folder.saveConfig(config);
    const planned = replannedRun(config, material, method, await engine.checkFits(config));
    const all = [...warnings, ...planned.warnings];
    return await runIn(folder, { ...planned, material, warnings: all }, method, options, engine);
  } finally {
    await folder.close();
  }
}

function resolved(keys: RunKeys, { entries, videos, evalVideos }: Material, inputs: Inputs): Resolved {
  const { epochs, steps } = keys;
  const order = keys.oneDataset ? datasetsOf(keys, entries) : null;
  const given = order === null ? steps : (steps ?? epochs * order.stepsPerEpoch);
  return resolveConfig({ ...keys, videos, evalVideos, steps: given }, entries.length, inputs);
}

/** What cannot be read because it has moved is said to be that. */
async function readAgain(
  keys: RunKeys,
  given: GivenVideos & Pick<RunOptions<never>, "schedule">,
  method: Parameters<typeof readMaterial>[2] & Parameters<typeof readInputs>[2],
  engine: Engine,
) {
  try {
    const material = await readMaterial(keys, given, method);
    return { material, inputs: await readInputs(keys, given, method, given.schedule, engine) };
  } catch (error) {
    const unused = { data: given.dataset, evalData: given.evalDataset };
    await checkPlaces(
      keys,
      Object.entries(unused).flatMap(([key, dataset]) => (dataset === undefined ? [] : [key])),
    );
    throw error;
  }
}

/** A run that is checked. */
interface CheckedRun {
  readonly config: Resolved;
  readonly material: Material;
  /** What is to be said of its beginning. */
  readonly warnings: readonly string[];
  readonly memory: PlannedMemory;
}

/** What the method loads is loaded before the model, and let go of at the end. */
async function runIn<M extends object>(
  given: RunFolder | null,
  run: CheckedRun,
  method: PreparedMethod<M>,
  options: RunOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  try {
    await method.open?.();
    return await runOpened(given, run, method, options, engine);
  } finally {
    await method.close?.();
  }
}

/** @param given  null for a new folder. */
async function runOpened<M extends object>(
  given: RunFolder | null,
  { config, material, warnings: first, memory }: CheckedRun,
  method: PreparedMethod<M>,
  options: RunOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  const { device, dtype, threads, slowfast, motion, steps } = config;
  const { signal, onEvent } = options;
  const latest = (await given?.latestCheckpoint()) ?? null;
  const afterStep = latest?.step ?? 0;
  const rates = ratesOf(config, options.schedule);
  const load = { device, dtype, threads, slowfast, motion };
  const weights = runWeights(config, load, engine);
  const model = await weights.begin(options.onLoad);
  const opened: { dispose(): void | Promise<void> }[] = [model];
  try {
    // The reference is the model that the run began with, so it is taken before a checkpoint's weights come in.
    const { trainable, recompute, microTokens, microVideos } = config;
    const decays = config.rules === 1 ? ("all" as const) : ("weights" as const);
    const optimizer = { ...config.optimizer, decays };
    const parts = { trainable, optimizer, reference: method.reference, recompute, microTokens, microVideos };
    const trainer = new CountedTrainer(await engine.openTrainer(model, parts));
    opened.unshift(trainer);
    if (latest !== null) await loadCheckpoint(trainer, latest);
    const plan = clipPlanOf(model.settings, config, signal);
    const clips = new ClipStore((path) => model.openClip(path, plan), plan, config.clipCacheMiB);
    opened.unshift(clips);
    const { entries, asked } = material;
    const videos = entries.map((entry) => trainVideo(entry, config.labelRange, model.settings.scale));
    const inputIds = promptIds(config, model, model.slots(plan.frames, plan.size), asked);
    const { answers, maxNewTokens } = config as { answers?: AnswerVariant; maxNewTokens?: number };
    const shown: TrainedSettings = {
      frames: plan.frames,
      imageSize: plan.size,
      sampling: config.sampling ?? model.settings.sampling,
      fragments: plan.fragments,
      prompt: commonWording(config, model, asked, videos),
      answers,
      maxNewTokens,
    };
    const placed = { run: given?.dir ?? config.out, stepsPerEpoch: epochSteps(config, videos) };
    const old = method.oldPolicy === "epoch" ? oldPolicyIn(placed, model, weights) : null;
    if (old !== null) opened.unshift(old);
    const oldPolicy = old === null ? undefined : (step: number) => old.of(step);
    const begun = method.begin({ model, trainer, plan, inputIds, oldPolicy });
    // Made when nothing is left that can fail before the first step: a start that fails leaves nothing behind.
    const folder = given ?? (await RunFolder.create(config.out, config));
    opened.unshift({ dispose: () => folder.close() });
    const rewound = await folder.rewind(afterStep);
    await old?.rewind(afterStep, rewound.finished.at(-1)?.step ?? 0);
    const listener: Sink<M>[] = onEvent === undefined ? [] : [{ event: onEvent }];
    const own = [...(options.sinks ?? []), ...listener].map((sink) => new PatientSink(sink));
    const curves = config.tensorboard ? [await TensorBoardSink.open(join(folder.dir, "tensorboard"))] : [];
    const sinks: readonly Sink<M>[] = [folder, ...curves, ...own];
    tell(sinks, { type: "start", afterStep, steps, videos: entries.length, run: folder.dir, memory });
    const warnings = [
      ...first,
      ...rewound.warnings,
      ...promptWarnings(config, model, plan.frames, asked, entries),
      ...departures(config),
      ...(method.warnings ?? []),
      ...labelWarnings(entries, model.settings.scale, config),
      ...labelWarnings(material.evaluation ?? [], model.settings.scale, config).map(
        (message) => `evaluation: ${message}`,
      ),
      ...(options.schedule === undefined ? scheduleWarnings(config) : []),
    ];
    for (const message of warnings) tell(sinks, { type: "warning", afterStep, message });
    const evaluated = material.evaluation?.map((entry) =>
      scored(trainVideo(entry, config.labelRange, model.settings.scale)),
    );
    const examiner =
      evaluated &&
      new Evaluations(config, evaluated, {
        model,
        plan,
        inputIds,
        earlier: rewound.evaluations,
        tell: (event) => tell(sinks, event),
        signal,
      });
    const end = await trainLoop({
      method: begun,
      afterStep,
      steps,
      checkpointEvery: config.checkpointEvery,
      rates,
      videos,
      videosOf: videoOrder(config, videos),
      clips,
      finished: rewound.finished as readonly (RunStep & M)[],
      sinks,
      async save(step) {
        const path = await folder.saveCheckpoint(step, async (dir) => {
          await weights.save(model, dir);
          await markTrained(dir, shown);
          await recordSettings(dir);
          await trainer.save(dir);
        });
        const stayed =
          config.keep === undefined ? [] : await folder.keepLast(config.keep, examiner?.best?.step);
        // The checkpoint before is what a run goes on from whose newest one is broken.
        const before = (await folder.latestCheckpoint())?.before ?? 0;
        const left = (await old?.prune(before)) ?? [];
        for (const message of [...stayed, ...left])
          tell(sinks, { type: "warning", afterStep: step, message });
        return path;
      },
      updates: () => trainer.updates,
      examiner,
      signal,
    });
    for (const sink of own) await sink.settle();
    const best = examiner?.best ?? null;
    const bestDir = best === null ? null : { ...best, checkpoint: folder.checkpoint(best.step) };
    return {
      ...end,
      checkpoint: end.checkpoint ?? latest?.dir ?? null,
      best: bestDir,
      run: folder.dir,
      steps,
      adapters: config.lora !== undefined,
    };
  } finally {
    for (const one of opened) await one.dispose();
  }
}

/** @throws {EngineError} E_OPTION for what is no function, or no sink. */
function checkOptions<M extends object>({ sinks, onEvent, schedule, onLoad }: RunOptions<M>): void {
  for (const [name, value] of Object.entries({ onEvent, schedule, onLoad }))
    if (value !== undefined) checkFunction(name, value);
  if (sinks !== undefined && !Array.isArray(sinks)) throw optionError("sinks", "a list", sinks);
  for (const [i, sink] of (sinks ?? []).entries()) checkFunction(`sinks[${i}].event`, sink?.event);
}
