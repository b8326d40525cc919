/** The demonstration's GRPO run: its configuration, and its events as lines for a person. */
import { type StepEvent, shownReward, type TrainEvent } from "../grpo/event.js";
import type { TrainConfigInput } from "../run/config.js";
import { type Preset, withPreset } from "../run/preset.js";

/** One operator thread: a model this small gains nothing from two, and the other core decodes videos meanwhile. */
export const THREADS = 1;

const OURS = "ours, for a model of under a million parameters";

/** 300 steps of 16 videos and 4 answers each. */
const DEMO: Preset<TrainConfigInput> = {
  model: { value: "tiny-start", from: "ours: it rates on the wrong scale on purpose" },
  steps: { value: 300, from: OURS },
  threads: { value: THREADS, from: OURS },
  videosPerStep: { value: 16, from: OURS },
  samples: { value: 4, from: "paper" },
  maxNewTokens: { value: 40, from: OURS },
  learningRate: { value: 3e-4, from: `${OURS}: the paper's 1e-6 is for 8 billion` },
  warmupSteps: { value: 5, from: OURS },
  schedule: { value: "constant", from: OURS },
  beta: { value: 0.04, from: "paper" },
  trainable: { value: ["projector", "language", "motionProjector"], from: "ours: encoders frozen" },
  rewards: {
    value: [
      { name: "format", variant: "paper" },
      { name: "regression", variant: "paper" },
      { name: "ranking", variant: "paper" },
    ],
    from: "paper",
  },
  checkpointEvery: { value: 50, from: OURS },
};

export function trainingConfig(run: string, data: string, seed: number): TrainConfigInput {
  return withPreset(DEMO, { data, out: run, seed });
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
    return `step ${event.step}/${event.steps}  reward ${shownReward(reward, 3)} (${parts.join(", ")})  kl ${event.kl.toFixed(2)}  ${clock(left)} left`;
  }
}

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
