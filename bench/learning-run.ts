/** One learning of the bench: trains by named settings, and measures what that took and what came of it. */
import { join } from "node:path";
import { ANSWER_ALONE, ONE_OF_EACH } from "../lib/core/answer-blocks.js";
import { EngineError } from "../lib/core/errors.js";
import { evaluateSets } from "../lib/demo/evaluate.js";
import type { Reports } from "../lib/demo/report.js";
import { loadModel, type ScoringModel } from "../lib/index.js";
import { parseMethod } from "../lib/run/config.js";
import { trainParsed } from "../lib/run/train.js";
import type { RunEvent } from "../lib/run-folder/events.js";
import { THREADS } from "../lib/trial/overlay.js";
import type { DemoSeed } from "./demo-seed.js";
import { keysOf, type LearningSettings } from "./learning-settings.js";

export interface Taught {
  readonly steps: number;
  /** From the call to the last checkpoint: no video is decoded in it, and none evaluated. */
  readonly seconds: number;
  /** Of the process, over the same time. */
  readonly cpuSeconds: number;
  /** Tokens of the answers or replies that were learned from. */
  readonly tokens: number;
  readonly after: Reports;
}

/** Greedy answers to every held-out video. */
export function examine(model: ScoringModel, { sets, screen, signal }: DemoSeed): Promise<Reports> {
  return evaluateSets(model, sets, signal, screen.counter("  scored"));
}

/** Share of the answers that are one block of each kind that is wanted, and nothing else. */
export function oneBlockShare(reports: Reports, { supervised }: LearningSettings): number {
  const form = supervised === true ? ANSWER_ALONE : ONE_OF_EACH;
  const texts = Object.values(reports).flatMap((report) => report.texts);
  return texts.filter((text) => form.test(text)).length / texts.length;
}

export async function teach(name: string, settings: LearningSettings, opened: DemoSeed): Promise<Taught> {
  const { scratch, seed, screen, signal } = opened;
  const { data, engine } = await opened.training(settings.clips);
  const out = join(scratch, name);
  const config = parseMethod({ ...keysOf(settings), data, out, seed });
  let tokens = 0;
  const onEvent = (event: RunEvent<{ readonly completionTokens: number }>) => {
    if (event.type !== "step") return;
    tokens += event.completionTokens;
    screen.renew(`  ${name}, seed ${seed}: step ${event.step}/${event.steps}`, event.step === event.steps);
  };
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const { checkpoint, step } = await trainParsed(config, { signal, onEvent }, engine);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(used);
  if (checkpoint === null) throw new EngineError("E_INTERNAL", "the run ended without a checkpoint");
  const model = await loadModel(checkpoint, { threads: THREADS });
  const after = await examine(model, opened).finally(() => model.dispose());
  return { steps: step, seconds, cpuSeconds: (user + system) / 1e6, tokens, after };
}
