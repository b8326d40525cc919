/** A training run of an ablation: begun, or gone on with where it was ended. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../core/errors.js";
import type { TrainEvent } from "../grpo/event.js";
import type { SftConfigInput, TrainConfigInput } from "../run/config.js";
import type { Moved } from "../run/places.js";
import { resumeTraining, train } from "../run/train.js";
import type { RunEvent } from "../run-folder/events.js";
import type { SftEvent } from "../sft/event.js";

export interface FinishedRun {
  readonly checkpoint: string;
  /** Updates that were made. */
  readonly step: number;
}

/** @throws the signal's reason when it ended the run; {EngineError} as train and resumeTraining. */
export async function goOn(
  keys: TrainConfigInput,
  signal: AbortSignal | undefined,
  onEvent: (event: TrainEvent) => void,
): Promise<FinishedRun>;
export async function goOn(
  keys: SftConfigInput,
  signal: AbortSignal | undefined,
  onEvent: (event: SftEvent) => void,
): Promise<FinishedRun>;
export async function goOn(
  keys: TrainConfigInput | SftConfigInput,
  signal: AbortSignal | undefined,
  onEvent: ((event: TrainEvent) => void) | ((event: SftEvent) => void),
): Promise<FinishedRun> {
  // The method of the keys is the one whose events are heard: the overloads above see to that.
  const options = { signal, onEvent: onEvent as (event: RunEvent<object>) => void };
  const isBegun = existsSync(join(keys.out, "config.json"));
  const { checkpoint, step, stopped } = isBegun
    ? await resumeTraining(keys.out, { ...options, ...placesOf(keys) })
    : await train(keys as TrainConfigInput, options);
  if (stopped) signal?.throwIfAborted();
  if (checkpoint === null) throw new EngineError("E_INTERNAL", `${keys.out}: ended without a checkpoint`);
  return { checkpoint, step };
}

/** The ablation's folder may have moved, or been copied, since the run began. */
function placesOf({ model, data, prompt }: TrainConfigInput | SftConfigInput): Moved {
  return { model, data, prompt };
}
