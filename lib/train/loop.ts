/** The training loop: steps in order, checkpoints, stopping. Knows no method and nothing of files. */
import { EngineError, type ErrorCode } from "../core/errors.js";
import { type RunEvent, type RunStep, type Sink, tell } from "../run-folder/events.js";
import type { ClipStore, Skipped } from "./clip-store.js";
import type { Examiner } from "./examiner.js";
import type { Method } from "./method.js";
import { Progress } from "./progress.js";
import type { Rates } from "./rates.js";
import type { TrainVideo } from "./video.js";

export interface TrainRun<M extends object> {
  readonly method: Method<M>;
  /** The step after which the run goes on; 0 for one that begins. */
  readonly afterStep: number;
  readonly steps: number;
  /** The last step always has a checkpoint. */
  readonly checkpointEvery: number;
  readonly rates: (step: number) => Rates;
  /** All videos of the run. */
  readonly videos: readonly TrainVideo[];
  /** The videos of a step, from 1. */
  readonly videosOf: (step: number) => readonly TrainVideo[];
  readonly clips: ClipStore;
  /** Events of the steps that were already made, in order; steps without readable videos have none. */
  readonly finished: readonly (RunStep & M)[];
  readonly sinks: readonly Sink<M>[];
  /** Writes a checkpoint of the state after `step`; gives its path. */
  readonly save: (step: number) => Promise<string>;
  /** Updates that the method made, one under way included. */
  readonly updates: () => number;
  /** Looks at the model between steps; a state that it looks at has a checkpoint. */
  readonly examiner?: Examiner | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainEnd {
  /** The last finished step. */
  readonly step: number;
  /** True when the signal ended the run before its last step. */
  readonly stopped: boolean;
  /** Why the run ended before its last step by itself; null when it did not. */
  readonly because: string | null;
  /** The last checkpoint of this call; null when it made none. */
  readonly checkpoint: string | null;
}

/**
 * Makes the steps that are left. When the signal fires, an update under way is finished, what comes before an update
 * is given up, and the state after the last finished step is saved. That state is saved too before an error goes on.
 *
 * Videos that cannot be read are told and left out of their step; a step without any other is told and changes nothing.
 *
 * @throws {EngineError} E_MEDIA when no video of the run can be read; whatever method, sinks, rates and saving throw.
 */
export async function trainLoop<M extends object>(run: TrainRun<M>): Promise<TrainEnd> {
  const progress = new Progress(run);
  let end: Ending;
  try {
    end = await makeSteps(run, progress);
    await progress.save();
  } catch (error) {
    throw await progress.rescue(error);
  }
  const { step, checkpoint } = progress;
  const { because } = end;
  const stopped = because === null && (step < run.steps || end.unseen);
  tell(run.sinks, { type: "end", afterStep: step, stopped, because });
  return { step, stopped, because, checkpoint };
}

interface Ending {
  /** Why the run ends before its last step by itself; null when it does not. */
  readonly because: string | null;
  /** Was its last look given up, or not taken? */
  readonly unseen: boolean;
}

async function makeSteps<M extends object>(run: TrainRun<M>, progress: Progress): Promise<Ending> {
  const { steps, signal, videosOf } = run;
  for (const event of run.finished) run.method.watch(event);
  // What ended a run ends it again when it is gone on with, and a look that was not finished is taken now.
  let seen = await look(run, progress.step);
  if (seen.because !== null) return seen;
  while (progress.step < steps && !signal?.aborted) {
    const step = progress.step + 1;
    if (await givenUp(run, () => makeStep(run, step, progress))) break;
    if (step % run.checkpointEvery === 0 || step === steps || run.examiner?.isDue(step))
      await progress.save();
    seen = await look(run, step);
    if (seen.because !== null) return seen;
    const kept = [...videosOf(step), ...(step < steps ? videosOf(step + 1) : [])];
    await givenUp(run, () => run.clips.trim(kept));
  }
  return seen;
}

async function look<M extends object>(run: TrainRun<M>, step: number): Promise<Ending> {
  const { examiner } = run;
  if (!examiner?.isDue(step)) return { because: null, unseen: false };
  if (run.signal?.aborted) return { because: null, unseen: true };
  let because: string | null = null;
  const unseen = await givenUp(run, async () => {
    because = await examiner.examine(step);
  });
  return { because: step < run.steps ? because : null, unseen };
}

async function makeStep<M extends object>(run: TrainRun<M>, step: number, progress: Progress): Promise<void> {
  const { method, steps, sinks, signal } = run;
  const start = performance.now();
  const opening = run.clips.openAll(run.videosOf(step));
  prefetch(run, step + 1);
  const { readable, skipped } = await opening;
  for (const { video, error } of skipped)
    tell(sinks, { type: "skipped", atStep: step, video: video.path, message: error.message });
  if (readable.length === 0) {
    await checkReadable(run, skipped);
    progress.finish();
    const which = skipped.length === 1 ? "its only video cannot" : `none of its ${skipped.length} videos can`;
    const message = `step ${step}: ${which} be read; nothing is learned in it`;
    tell(sinks, { type: "emptyStep", atStep: step, message });
    return;
  }
  const rates = run.rates(step);
  const say = (event: RunEvent<never>) => tell<never>(sinks, event);
  const place = { step, ...rates, videos: readable, signal, tell: say };
  const { measures, completions } = await method.step(place).catch((error) => {
    throw placed(error, step);
  });
  progress.finish();
  const seconds = (performance.now() - start) / 1000;
  const event = { type: "step" as const, step, steps, ...rates, ...measures, seconds };
  for (const sink of sinks) sink.completions?.(completions);
  tell(sinks, event);
  const warnings = method.watch(event);
  for (const { stop: _, ...warning } of warnings)
    tell(sinks, { type: "warning", afterStep: step, ...warning });
  const stopping = warnings.find(({ stop }) => stop === true);
  if (stopping !== undefined) throw new EngineError("E_COLLAPSE", stopping.message, { details: { step } });
}

/** What an engine cannot know of its faults: the step that they ended. */
const OF_A_STEP: readonly ErrorCode[] = ["E_NUMERIC", "E_MEMORY", "E_DEVICE"];

function placed(error: unknown, step: number): unknown {
  if (!(error instanceof EngineError) || !OF_A_STEP.includes(error.code)) return error;
  const { code, message, details } = error;
  return new EngineError(code, `step ${step}: ${message}`, { details: { ...details, step }, cause: error });
}

/** @throws {EngineError} E_MEDIA unless there is a video that can be read. */
async function checkReadable<M extends object>(
  { clips, videos }: TrainRun<M>,
  skipped: readonly Skipped[],
): Promise<void> {
  if (await clips.anyReadable(videos)) return;
  const message = `none of the ${videos.length} videos can be read; the first that was tried: ${skipped[0]?.error.message}`;
  throw new EngineError("E_MEDIA", message, { details: { videos: videos.length } });
}

/** Decoding goes on beside the GPU or CPU work of a step. */
function prefetch<M extends object>({ steps, videosOf, clips }: TrainRun<M>, step: number): void {
  if (step > steps) return;
  // A failure is met again when the step asks for the clip.
  for (const video of videosOf(step)) clips.open(video).catch(() => {});
}

/** True when the task failed because the run's signal fired. */
async function givenUp(
  { signal }: { readonly signal?: AbortSignal | undefined },
  task: () => Promise<void>,
): Promise<boolean> {
  try {
    await task();
    return false;
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return true;
    throw error;
  }
}
