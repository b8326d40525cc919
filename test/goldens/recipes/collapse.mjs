/**
 * Records test/goldens/collapse.json: what the steps of two of the demonstration's runs measured, one at its own learning
 * rate and one at a rate that its answers do not survive.
 *
 *     node test/goldens/recipes/collapse.mjs FOLDER        in a built checkout; FOLDER receives videos and runs
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { trainingConfig } from "../../../dist/lib/demo/training.js";
import { train } from "../../../dist/lib/run/train.js";
import { renderSet } from "../../../dist/lib/synthetic/render-set.js";

const [dir = ""] = process.argv.slice(2);
const RUNS = { "3e-4": 150, "1e-3": 60 };
const KEPT = ["step", "parsed", "scoreSpread", "targetSpread", "answerTokens", "kl", "ratio"];

await renderSet({ kind: "train", count: 200, seed: 1, dir, signal: undefined, onProgress() {} });
const recorded = {};
for (const [rate, steps] of Object.entries(RUNS)) {
  const lines = [];
  const config = { ...trainingConfig(join(dir, rate), join(dir, "train.jsonl"), 1), learningRate: Number(rate), steps };
  await train(config, {
    onEvent(event) {
      if (event.type === "step") lines.push(KEPT.map((key) => Number(event[key].toPrecision(5))));
    },
  });
  recorded[rate] = lines;
}
const text = JSON.stringify({ measures: KEPT, ...recorded }).replaceAll("],[", "],\n[");
writeFileSync(new URL("../collapse.json", import.meta.url), `${text}\n`);
