/** The demonstration's GRPO run: its configuration, and its events as lines for a person. */
import type { StepEvent, TrainEvent } from "../grpo/event.js";
import type { TrainConfigInput } from "../run/config.js";

/** One operator thread: a model this small gains nothing from two, and the other core decodes videos meanwhile. */
export const THREADS = 1;

/**
 * 300 steps of 16 videos and 4 answers each; encoders frozen. Learning rate, batch and steps are ours, for a model
 * of under a million parameters: the paper's 1e-6 is for 8 billion. K, β and the rewards are the paper's.
 */
export function trainingConfig(run: string, data: string, seed: number): TrainConfigInput {
  return {
    model: "tiny-start",
    data,
    out: run,
    seed,
    steps: 300,
    threads: THREADS,
    videosPerStep: 16,
    samples: 4,
    maxNewTokens: 40,
    learningRate: 3e-4,
    warmupSteps: 5,
    schedule: "constant",
    beta: 0.04,
    trainable: ["projector", "language", "motionProjector"],
    rewards: [
      { name: "format", variant: "paper" },
      { name: "regression", variant: "paper" },
      { name: "ranking", variant: "paper" },
    ],
    checkpointEvery: 50,
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
      default:
        return null;
    }
  }

  #step(event: StepEvent): string {
    const reward = this.#rewards.add(event.reward);
    const left = this.#seconds.add(event.seconds) * (event.steps - event.step);
    const parts = Object.entries(event.rewards).map(([name, value]) => `${name} ${value.toFixed(2)}`);
    return `step ${event.step}/${event.steps}  reward ${reward.toFixed(3)} (${parts.join(", ")})  kl ${event.kl.toFixed(2)}  ${clock(left)} left`;
  }
}

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
