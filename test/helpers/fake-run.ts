/** Whole runs on a model without tensors: ten videos, the keys of a small run, and what a run's folder tells. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrainEvent } from "../../lib/grpo/event.js";
import type { TrainConfigInput } from "../../lib/run/config.js";
import { type TrainOptions, train } from "../../lib/run/train.js";
import { fakeEngine, fakeState } from "./fake-engine.js";
import { scratchFolder } from "./video-files.js";

/** Holds the videos and the run folders. */
export const dir = scratchFolder();

/** A video as far as the fake model looks at it. */
export function emptyFile(name: string): string {
  writeFileSync(join(dir, name), "");
  return join(dir, name);
}

export const dataset = Array.from({ length: 10 }, (_, i) => ({
  video: emptyFile(`clip${i}-q${10 + 4 * i}.mp4`),
  score: 1 + 0.4 * i,
}));
let runs = 0;

/** Of a run in a folder of its own. */
export function config(more: Partial<TrainConfigInput> = {}): TrainConfigInput {
  return {
    out: join(dir, `run${runs++}`),
    model: "fake",
    steps: 8,
    videosPerStep: 4,
    samples: 3,
    maxNewTokens: 64,
    learningRate: 0.5,
    checkpointEvery: 3,
    ...more,
  };
}

/** A run of the ten videos, unless the options name others. */
export async function run(input: TrainConfigInput, options: TrainOptions = {}, state = fakeState(1.5)) {
  const events: TrainEvent[] = [];
  const summary = await train(
    input,
    {
      dataset,
      ...options,
      onEvent: (event) => {
        events.push(event);
        options.onEvent?.(event);
      },
    },
    fakeEngine(state),
  );
  return { summary, events, state };
}

export function lines(folder: string, name: string): Record<string, unknown>[] {
  return readFileSync(join(folder, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The folder's config.json. */
export function stored(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
}
