/** The demonstration's GRPO run: its configuration, and its events as lines for a person. */
import { type StepEvent, shownReward, type TrainEvent } from "../grpo/event.js";
import type { PresetName } from "../presets/presets.js";
import type { TrainConfigInput } from "../run/config.js";
import { overlayKeys } from "../trial/overlay.js";

/** What differs from one demonstration to another. */
export interface DemoRun {
  /** Null for the demonstration's own method. */
  readonly preset: PresetName | null;
  /** A checkpoint folder, where the run does not begin with tiny-start. */
  readonly model?: string | undefined;
  /** File of the prompt; a preset needs one. */
  readonly prompt?: string | undefined;
}

/**
 * @param run   the run folder to make.
 * @param data  list of the training videos.
 */
export function trainingConfig(
  run: string,
  data: string,
  seed: number,
  { preset, model, prompt }: DemoRun = { preset: null },
): TrainConfigInput {
  return {
    ...overlayKeys(preset),
    ...(preset === null ? {} : { preset }),
    ...(model === undefined ? {} : { model }),
    ...(prompt === undefined ? {} : { prompt }),
    data,
    out: run,
    seed,
  };
}

/** Mean of the last values seen, so that a noisy curve can be read. */
class Recent {
  readonly #values: number[] = [];

  add(value: number): number {
    this.#values.push(value);
    if (this.#values.length > 10) this.#values.shift();
    return this.#values.reduce((sum, one) => sum + one, 0) / this.#values.length;
  }
}

/** Turns events into one line each; null for events that say nothing to a person. */
export class TrainingLines {
  readonly #rewards = new Recent();
  readonly #seconds = new Recent();

  line(event: TrainEvent): string | null {
    switch (event.type) {
      case "step":
        return this.#step(event);
      case "warning":
        return `warning: ${event.message}`;
      case "skipped":
        return `skipped ${event.video}: ${event.message}`;
      case "dryCheck":
        return event.message;
      case "emptyStep":
        return `skipped ${event.message}`;
      default:
        return null;
    }
  }

  #step(event: StepEvent): string {
    const reward = event.reward === null ? null : this.#rewards.add(event.reward);
    const left = this.#seconds.add(event.seconds) * (event.steps - event.step);
    const parts = Object.entries(event.rewards).map(([name, value]) => `${name} ${shownReward(value, 2)}`);
    return `step ${event.step}/${event.steps}  reward ${shownReward(reward, 3)} (${parts.join(", ")})  kl ${shownReward(event.kl, 2)}  ${clock(left)} left`;
  }
}

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
