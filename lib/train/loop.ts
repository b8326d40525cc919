/** The training loop: steps in order, checkpoints, stopping. Knows no method and nothing of files. */
import { type RunStep, type Sink, tell } from "../run-folder/events.js";
import type { ClipStore } from "./clip-store.js";
import type { Method } from "./method.js";
import type { Schedule } from "./schedule.js";
import type { TrainVideo } from "./video.js";

export interface TrainRun<M extends object> {
  readonly method: Method<M>;
  readonly steps: number;
  /** The last step always has a checkpoint. */
  readonly checkpointEvery: number;
  readonly schedule: Schedule;
  /** The videos of a step, from 1. */
  readonly videosOf: (step: number) => readonly TrainVideo[];
  readonly clips: ClipStore;
  /** The last step that was already made; 0 for none. */
  readonly afterStep: number;
  /** Events of the steps that were already made, in order, as far as the log has them. */
  readonly finished: readonly (RunStep & M)[];
  readonly sinks: readonly Sink<M>[];
  /** Writes a checkpoint of the state after `step`; gives its path. */
  readonly save: (step: number) => Promise<string>;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainEnd {
  /** The last finished step. */
  readonly step: number;
  /** True when the signal ended the run before its last step. */
  readonly stopped: boolean;
  /** The last checkpoint of this call; null when it made none. */
  readonly checkpoint: string | null;
}

/**
 * Makes the steps that are left. When the signal fires, an update under way is finished, what comes before an update
 * is given up, and the state after the last finished step is saved.
 */
export async function trainLoop<M extends object>(run: TrainRun<M>): Promise<TrainEnd> {
  const { method, steps, sinks, signal, videosOf } = run;
  for (const event of run.finished) method.watch(event);
  let step = run.afterStep;
  const first = step;
  let saved = { step, path: null as string | null };
  const save = async () => {
    if (saved.step === step) return;
    const path = await run.save(step);
    saved = { step, path };
    tell(sinks, { type: "checkpoint", afterStep: step, path });
  };
  while (step < steps && !signal?.aborted) {
    const start = performance.now();
    prefetch(run, step + 2);
    const place = { step: step + 1, videos: videosOf(step + 1), signal };
    const learningRate = run.schedule(place.step);
    const outcome = await unlessAborted(run, () => method.step({ ...place, learningRate }));
    if (outcome === null) break;
    step++;
    for (const { video, error } of outcome.skipped)
      tell(sinks, { type: "skipped", atStep: step, video: video.path, message: error.message });
    const seconds = (performance.now() - start) / 1000;
    const event = { type: "step" as const, step, steps, learningRate, ...outcome.measures, seconds };
    for (const sink of sinks) sink.completions?.(outcome.completions);
    tell(sinks, event);
    for (const warning of method.watch(event)) tell(sinks, { type: "warning", afterStep: step, ...warning });
    if (step % run.checkpointEvery === 0 || step === steps) await save();
    await unlessAborted(run, () =>
      run.clips.trim([...place.videos, ...(step < steps ? videosOf(step + 1) : [])]),
    );
  }
  if (step > first) await save();
  const stopped = step < steps;
  tell(sinks, { type: "end", afterStep: step, stopped });
  return { step, stopped, checkpoint: saved.path };
}

/** Decoding goes on beside the GPU or CPU work of a step. */
function prefetch<M extends object>({ steps, videosOf, clips }: TrainRun<M>, step: number): void {
  if (step > steps) return;
  // A failure is met again when the step asks for the clip.
  for (const video of videosOf(step)) clips.open(video).catch(() => {});
}

/** null when the task failed because the run's signal fired. */
async function unlessAborted<T>(
  { signal }: { readonly signal?: AbortSignal | undefined },
  task: () => Promise<T>,
): Promise<T | null> {
  try {
    return await task();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return null;
    throw error;
  }
}
