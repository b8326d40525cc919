/** Many training runs that are ended at random moments, each gone on with and compared with the uninterrupted one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Draws, streamOf } from "../../lib/core/rng.js";
import { renderSet } from "../../lib/synthetic/render-set.js";
import { type Trial, trial, wholeRun } from "./train-trial.js";

/** @returns trial by trial. */
export async function* trainTrials(count: number, seed: number): AsyncGenerator<Trial> {
  const dir = mkdtempSync(join(tmpdir(), "vqathinker-endings-"));
  try {
    const { manifest } = await renderSet({ kind: "train", count: 4, seed: 5, dir: join(dir, "videos") });
    const whole = await wholeRun(dir, manifest);
    for (let i = 0; i < count; i++) {
      const place = mkdtempSync(join(dir, "trial-"));
      yield await trial(place, whole, new Draws(streamOf("endings", seed, i)));
      rmSync(place, { recursive: true, force: true });
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
