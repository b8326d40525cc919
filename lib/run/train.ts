/** `train` and `resumeTraining`: configuration and run folder around the training loop. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { optionError } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import type { ManifestEntry } from "../data/entry.js";
import { finishEntries } from "../data/finish.js";
import { readManifest } from "../data/manifest.js";
import { stepsPerEpoch } from "../data/order.js";
import { randomPerturbation } from "../data/perturb.js";
import { checkPresent } from "../data/presence.js";
import { rescale } from "../data/scale.js";
import { ClipStore, type TrainVideo } from "../grpo/clip-store.js";
import type { TrainConfig, TrainConfigInput } from "../grpo/config.js";
import type { TrainEvent } from "../grpo/events.js";
import { buildRewards, type UserRewards } from "../grpo/rewards.js";
import type { GrpoRun, Perturb } from "../grpo/rollout.js";
import { type Schedule, scheduleOf } from "../grpo/schedule.js";
import { type TrainEnd, trainLoop } from "../grpo/train.js";
import type { LoadOptions, Model, Trainer, TrainerOptions } from "../model/types.js";
import type { AskedText } from "../text/templates.js";
import { completionLines } from "./completions.js";
import { parseConfig } from "./config.js";
import { RunFolder } from "./folder.js";
import { promptIds, promptWarnings, readRunPrompt } from "./prompts.js";

export interface TrainOptions {
  /** When it fires, the run saves and stops; `train` then resolves with `stopped: true`. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Bytes of the model's files that are read, and all of them. */
  readonly onLoad?: LoadOptions["onProgress"] | undefined;
  /** Instead of the configured rewards. */
  readonly rewards?: UserRewards | undefined;
  /** Instead of the manifest; videos are relative to `videos` or the working directory, `id` defaults to the video. */
  readonly dataset?: readonly (Omit<ManifestEntry, "id"> & { readonly id?: string })[] | undefined;
  /** Instead of the configured perturbation. */
  readonly perturb?: Perturb | undefined;
  /** Instead of the configured schedule: learning rate of a step, from 1. */
  readonly schedule?: Schedule | undefined;
}

export interface TrainSummary extends TrainEnd {
  readonly run: string;
  readonly steps: number;
}

/** Where models and trainers come from. */
export interface Engine {
  openModel(dir: string, options: LoadOptions): Promise<Model>;
  openTrainer(model: Model, options: TrainerOptions): Promise<Trainer>;
}

/**
 * Trains by GRPO into a new run folder.
 *
 * @throws {EngineError} E_OPTION for a configuration that does not fit; E_FORMAT for manifest or checkpoint; E_MEDIA,
 *                       before anything is made, when listed videos do not exist.
 */
export async function train(
  input: TrainConfigInput,
  options: TrainOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  const config = parseConfig(input);
  const material = await materialOf(config, options);
  const { entries } = material;
  const steps = config.steps ?? config.epochs * stepsPerEpoch(entries.length, config.videosPerStep);
  stepsPerEpoch(entries.length, config.videosPerStep);
  buildRewards(config, options.rewards);
  const resolved = {
    ...config,
    ...resolvedPaths(config),
    steps,
    threads: config.threads ?? availableParallelism(),
  };
  return runTraining(await RunFolder.create(config.out, resolved), resolved, material, options, engine);
}

/** A run may be resumed from another working directory. */
function resolvedPaths(config: TrainConfig): Partial<TrainConfig> {
  const keys = ["out", "data", "videos", "prompt", "slowfast"] as const;
  return Object.fromEntries(
    keys.flatMap((key) => (config[key] === undefined ? [] : [[key, resolve(config[key])]])),
  );
}

/**
 * Goes on with a run from its last checkpoint, as if it had never stopped: what was written about later steps is
 * taken out and those steps are made again.
 *
 * @param options  the same rewards, dataset, perturbation and schedule as at first, if they were given.
 */
export async function resumeTraining(
  run: string,
  options: TrainOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  const { folder, config } = await RunFolder.open(run);
  return runTraining(folder, config, await materialOf(config, options), options, engine);
}

/** Loaded when first needed, so that everything else works without libtorch. */
const nativeEngine: Engine = {
  openModel: async (dir, options) => (await import("../infer/load-model.js")).loadModel(dir, options),
  openTrainer: async (model, options) => (await import("../model/trainer.js")).openTrainer(model, options),
};

/** What the configuration's files say. */
interface Material {
  readonly entries: readonly ManifestEntry[];
  readonly asked: AskedText | null;
}

async function materialOf(config: TrainConfig, options: TrainOptions): Promise<Material> {
  const entries = await entriesOf(config, options);
  return { entries, asked: await readRunPrompt(config, entries) };
}

async function entriesOf(config: TrainConfig, { dataset }: TrainOptions): Promise<readonly ManifestEntry[]> {
  const entries = dataset === undefined ? await listedEntries(config) : givenEntries(config, dataset);
  await checkPresent(entries);
  return entries;
}

async function listedEntries({ data, videos, labelScale }: TrainConfig): Promise<ManifestEntry[]> {
  if (data === undefined) throw optionError("data", "a manifest (or a dataset through the API)", "none");
  return readManifest(data, { videos, labelScale });
}

function givenEntries(
  { videos = "", labelScale }: TrainConfig,
  dataset: NonNullable<TrainOptions["dataset"]>,
): ManifestEntry[] {
  return finishEntries(dataset, {
    folder: videos,
    labelScale,
    sameId: (id, place, earlier) =>
      optionError(
        `dataset[${place}].id`,
        "an id of its own (or another video)",
        id,
        `dataset[${earlier}] has it too`,
      ),
  });
}

async function runTraining(
  folder: RunFolder,
  config: TrainConfig,
  material: Material,
  options: TrainOptions,
  engine: Engine,
): Promise<TrainSummary> {
  const { device, dtype, threads, steps = 0 } = config;
  const latest = await folder.latestCheckpoint();
  const finished = await folder.rewind(latest?.step ?? 0);
  const emit = (event: TrainEvent) => {
    folder.appendEvent(event);
    options.onEvent?.(event);
  };
  emit({
    type: "start",
    afterStep: latest?.step ?? 0,
    steps,
    videos: material.entries.length,
    run: folder.dir,
  });
  const model = await engine.openModel(config.model, {
    device,
    dtype,
    ...(threads === undefined ? {} : { threads }),
    ...(config.slowfast === undefined ? {} : { slowfast: config.slowfast }),
    ...(options.onLoad === undefined ? {} : { onProgress: options.onLoad }),
  });
  let trainer: Trainer | undefined;
  let clips: ClipStore | undefined;
  try {
    // The reference is the model that the run began with, so it is taken before a checkpoint's weights come in.
    trainer = await engine.openTrainer(model, trainerOptions(config));
    if (latest !== null) await trainer.load(latest.dir);
    const run = grpoRun(config, model, trainer, material, options);
    clips = run.clips;
    const frames = config.frames ?? model.settings.frames;
    for (const message of promptWarnings(config, model, frames, material.asked, material.entries))
      emit({ type: "warning", afterStep: latest?.step ?? 0, message });
    const save = (step: number) =>
      folder.saveCheckpoint(step, async (dir) => {
        await model.save(dir);
        await trainer?.save(dir);
      });
    const hooks = {
      onEvent: emit,
      onStep: (result: Parameters<typeof completionLines>[0]) =>
        folder.appendCompletions(completionLines(result)),
      save,
    };
    const end = await trainLoop(run, { steps, finished }, hooks);
    return { ...end, checkpoint: end.checkpoint ?? latest?.dir ?? null, run: folder.dir, steps };
  } finally {
    await clips?.dispose();
    trainer?.dispose();
    model.dispose();
  }
}

function trainerOptions({ trainable, optimizer, beta, recompute, microTokens }: TrainConfig): TrainerOptions {
  return {
    trainable,
    optimizer,
    reference: beta > 0,
    recompute,
    ...(microTokens === undefined ? {} : { microTokens }),
  };
}

function grpoRun(
  config: TrainConfig,
  model: Model,
  trainer: Trainer,
  { entries, asked }: Material,
  options: TrainOptions,
): GrpoRun {
  const { settings } = model;
  const { signal } = options;
  const size = config.imageSize ?? settings.imageSize;
  const frames = config.frames ?? settings.frames;
  const plan = {
    frames,
    size,
    sampling: config.sampling ?? settings.sampling,
    ...(signal === undefined ? {} : { signal }),
  };
  const slots = { frames, visualTokens: model.visualTokens(size), motion: model.hasMotion };
  return {
    config,
    model,
    trainer,
    videos: entries.map((entry) => toVideo(entry, config, model)),
    clips: new ClipStore(model, plan, config.clipCacheMiB),
    inputIds: promptIds(config, model, slots, asked),
    rewards: buildRewards(config, options.rewards),
    schedule: options.schedule ?? scheduleOf({ ...config, steps: config.steps ?? 0 }),
    perturb: options.perturb ?? (config.temporal.perturb ? configuredPerturb(config) : null),
    signal,
  };
}

function toVideo(
  { id, video, score, scale, question }: ManifestEntry,
  config: TrainConfig,
  model: Model,
): TrainVideo {
  const from = scale ?? config.labelRange;
  const target = from === undefined ? score : rescale(score, from, model.settings.scale);
  return { id, path: video, target, question };
}

function configuredPerturb(config: TrainConfig): Perturb {
  return ({ step, seed, id, frames }) =>
    randomPerturbation(frames, streamOf("perturb", seed, step, id), config.temporal.modes).indices;
}
