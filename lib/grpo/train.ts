/** The training loop: steps in order, checkpoints, stopping. Knows nothing of files. */
import { type StepEvent, stepEvent, type TrainEvent } from "./events.js";
import { type GrpoRun, videosOf } from "./rollout.js";
import { grpoStep, type StepResult } from "./step.js";
import { RewardWatch } from "./watch.js";

export interface TrainHooks {
  onEvent(event: TrainEvent): void;
  onStep(result: StepResult): void;
  /** Writes a checkpoint of the state after `step`; gives its path. */
  save(step: number): Promise<string>;
}

export interface TrainProgress {
  readonly steps: number;
  /** Events of the steps that were already made, in order. */
  readonly finished: readonly StepEvent[];
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
 * Makes the steps that are left. When the run's signal fires, an update under way is finished, a rollout under way
 * is given up, and the state after the last finished step is saved.
 */
export async function trainLoop(
  run: GrpoRun,
  { steps, finished }: TrainProgress,
  hooks: TrainHooks,
): Promise<TrainEnd> {
  const watch = new RewardWatch();
  for (const event of finished) watch.observe(event);
  let step = finished.at(-1)?.step ?? 0;
  let saved: { step: number; path: string } | null = null;
  const save = async () => {
    if (saved?.step === step) return;
    saved = { step, path: await hooks.save(step) };
    hooks.onEvent({ type: "checkpoint", afterStep: step, path: saved.path });
  };
  const first = step;
  while (step < steps && !run.signal?.aborted) {
    const start = performance.now();
    prefetch(run, step + 2, steps);
    const result = await unlessAborted(run, () => grpoStep(run, step + 1));
    if (result === null) break;
    step++;
    for (const { video, error } of result.rollout.skipped) {
      hooks.onEvent({ type: "skipped", atStep: step, video: video.path, message: error.message });
    }
    const event = stepEvent(result, steps, (performance.now() - start) / 1000);
    hooks.onStep(result);
    hooks.onEvent(event);
    for (const warning of watch.observe(event)) hooks.onEvent(warning);
    if (step % run.config.checkpointEvery === 0 || step === steps) await save();
    await unlessAborted(run, () =>
      run.clips.trim([...videosOf(run, step), ...(step < steps ? videosOf(run, step + 1) : [])]),
    );
  }
  if (step > first) await save();
  const stopped = step < steps;
  hooks.onEvent({ type: "end", afterStep: step, stopped });
  return { step, stopped, checkpoint: (saved as { path: string } | null)?.path ?? null };
}

/** Decoding goes on beside the GPU or CPU work of a step. */
function prefetch(run: GrpoRun, step: number, steps: number): void {
  if (step > steps) return;
  // A failure is met again when the step asks for the clip.
  for (const video of videosOf(run, step)) run.clips.open(video).catch(() => {});
}

/** null when the task failed because the run's signal fired. */
async function unlessAborted<T>(run: GrpoRun, task: () => Promise<T>): Promise<T | null> {
  try {
    return await task();
  } catch (error) {
    if (run.signal?.aborted && error === run.signal.reason) return null;
    throw error;
  }
}
