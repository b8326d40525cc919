/** A checked configuration → the resolved one, which means the same from any working directory and on any machine. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { stepsPerEpoch } from "../data/order.js";
import { inWholeSteps } from "../train/schedule.js";
import type { Inputs } from "./inputs.js";
import type { RunKeys } from "./keys.js";

declare const RESOLVED: unique symbol;

/** With steps, those of warm-up and decay too, and threads in numbers, every path absolute and its inputs known. Only resolveConfig makes it; config.json holds it. */
export type Resolved<C extends RunKeys = RunKeys> = C & {
  readonly steps: number;
  readonly threads: number;
  readonly inputs: Inputs;
  readonly [RESOLVED]: true;
};

/**
 * What is resolved already stays as it is, so that a run goes on as it began.
 *
 * @param videos  number of videos that the run trains on.
 * @param inputs  what its list, prompt and weights are known by.
 * @throws {EngineError} E_OPTION when there are fewer than one step takes, or warm-up and decay are longer than the run.
 */
export function resolveConfig<C extends RunKeys>(config: C, videos: number, inputs: Inputs): Resolved<C> {
  const { model, out, steps, epochs, threads } = config;
  const perEpoch = stepsPerEpoch(videos, config.videosPerStep);
  const all = steps ?? epochs * perEpoch;
  return {
    ...inWholeSteps(config, all),
    model: shippedCheckpoint(model) === null ? resolve(model) : model,
    slowfast: absolute(config.slowfast),
    data: absolute(config.data),
    out: resolve(out),
    videos: absolute(config.videos),
    prompt: absolute(config.prompt),
    evalData: absolute(config.evalData),
    evalVideos: absolute(config.evalVideos),
    steps: all,
    threads: threads ?? availableParallelism(),
    inputs,
  } as Resolved<C>;
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}
