/** A run of any method, begun or gone on with: its folder, model, trainer and clips around the training loop. */
import { newlyRuled, ruledAsStored } from "../core/rules.js";
import { stepVideos } from "../data/order.js";
import type { ClipPlan, LoadOptions, Model } from "../model/types.js";
import { type RunEvent, type RunStep, type Sink, tell } from "../run-folder/events.js";
import { RunFolder } from "../run-folder/folder.js";
import { ClipStore } from "../train/clip-store.js";
import { type TrainEnd, trainLoop } from "../train/loop.js";
import type { PreparedMethod } from "../train/method.js";
import { type Schedule, scheduleOf } from "../train/schedule.js";
import type { TrainVideo } from "../train/video.js";
import { type Dataset, type Material, readMaterial, trainVideo } from "./dataset.js";
import type { Engine } from "./engine.js";
import type { RunKeys } from "./keys.js";
import { promptIds, promptWarnings } from "./prompts.js";
import { resolveConfig } from "./resolve.js";

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
  readonly dataset?: Dataset | undefined;
  /** Instead of the configured schedule: learning rate of a step, from 1. */
  readonly schedule?: Schedule | undefined;
}

export interface TrainSummary extends TrainEnd {
  readonly run: string;
  readonly steps: number;
}

/** Everything is checked, and the videos looked for, before the run folder is made. */
export async function startRun<M extends object>(
  config: RunKeys,
  method: PreparedMethod<M>,
  options: RunOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  return resumeRun(null, config, method, options, engine);
}

/**
 * From the folder's last checkpoint, or from the start.
 *
 * @param given   null for a new folder, at the configuration's `out`.
 * @param keys    what the folder's config.json says.
 */
export async function resumeRun<M extends object>(
  given: RunFolder | null,
  keys: RunKeys,
  method: PreparedMethod<M>,
  options: RunOptions<M>,
  engine: Engine,
): Promise<TrainSummary> {
  const material = await readMaterial(keys, options.dataset);
  const ruled = given === null ? newlyRuled(keys) : ruledAsStored(keys);
  const config = resolveConfig(ruled, material.entries.length);
  const folder = given ?? (await RunFolder.create(keys.out, config));
  const { device, dtype, threads, slowfast, steps } = config;
  const { signal, onEvent } = options;
  const latest = await folder.latestCheckpoint();
  const afterStep = latest?.step ?? 0;
  const finished = (await folder.rewind(afterStep)) as (RunStep & M)[];
  const listener: Sink<M>[] = onEvent === undefined ? [] : [{ event: onEvent }];
  const sinks = [folder, ...(options.sinks ?? []), ...listener];
  tell(sinks, { type: "start", afterStep, steps, videos: material.entries.length, run: folder.dir });
  const load = { device, dtype, threads, slowfast, onProgress: options.onLoad };
  const model = await engine.openModel(config.model, load);
  const opened: { dispose(): void | Promise<void> }[] = [model];
  try {
    // The reference is the model that the run began with, so it is taken before a checkpoint's weights come in.
    const { trainable, optimizer, recompute, microTokens } = config;
    const { reference } = method;
    const decays = config.rules === 1 ? ("all" as const) : ("weights" as const);
    const parts = { trainable, optimizer: { ...optimizer, decays }, reference, recompute, microTokens };
    const trainer = await engine.openTrainer(model, parts);
    opened.unshift(trainer);
    if (latest !== null) await trainer.load(latest.dir);
    const plan = clipPlan(config, model, signal);
    const clips = new ClipStore((path) => model.openClip(path, plan), plan, config.clipCacheMiB);
    opened.unshift(clips);
    const { entries, asked } = material;
    for (const message of promptWarnings(config, model, plan.frames, asked, entries))
      tell(sinks, { type: "warning", afterStep, message });
    const inputIds = promptIds(config, model, model.slots(plan.frames, plan.size), asked);
    const end = await trainLoop({
      method: method.begin({ model, trainer, clips, inputIds }),
      steps,
      checkpointEvery: config.checkpointEvery,
      schedule: options.schedule ?? scheduleOf(config),
      videosOf: videoOrder(config, material, model),
      clips,
      finished,
      sinks,
      save: (step) =>
        folder.saveCheckpoint(step, async (dir) => {
          await model.save(dir);
          await trainer.save(dir);
        }),
      signal,
    });
    return { ...end, checkpoint: end.checkpoint ?? latest?.dir ?? null, run: folder.dir, steps };
  } finally {
    for (const one of opened) await one.dispose();
  }
}

function clipPlan(config: RunKeys, { settings }: Model, signal: AbortSignal | undefined): ClipPlan {
  return {
    frames: config.frames ?? settings.frames,
    size: config.imageSize ?? settings.imageSize,
    sampling: config.sampling ?? settings.sampling,
    signal,
  };
}

function videoOrder(
  { seed, videosPerStep, labelRange }: RunKeys,
  { entries }: Material,
  { settings }: Model,
): (step: number) => TrainVideo[] {
  const videos = entries.map((entry) => trainVideo(entry, labelRange, settings.scale));
  return (step) =>
    Array.from(stepVideos(seed, step, videos.length, videosPerStep), (i) => videos[i] as TrainVideo);
}
