/** Loads, scores, gives log-probabilities, trains and saves; prints a hash of each, which every runtime must share. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadModel, openTrainer } from "../../lib/index.js";
import { openSmall, smallPrompt, textIds, withFolder } from "../helpers/small-model.js";
import { EVERYTHING, STEP } from "../helpers/training.js";

const STEPS = 3;

const sha = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

async function score(video: string): Promise<string> {
  const model = await loadModel("tiny", { threads: 1 });
  const { seconds: _seconds, file: _file, ...result } = await model.score(video, { temperature: 1, seed: 3 });
  model.dispose();
  return sha(JSON.stringify(result));
}

async function logProbs(): Promise<string> {
  const model = await openSmall("motion");
  const completions = [textIds(1, 9), textIds(2, 5)];
  const found = await model.logProbs({ prompt: smallPrompt(4, { frames: 4, motion: true }), completions });
  model.dispose();
  return sha(Buffer.concat(found.map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer))));
}

async function trained(): Promise<string> {
  const model = await openSmall();
  const trainer = await openTrainer(model, EVERYTHING);
  for (let step = 0; step < STEPS; step++) await trainer.step(STEP);
  trainer.dispose();
  const hash = await withFolder(async (dir) => {
    await model.save(dir);
    return sha(await readFile(join(dir, "model.safetensors")));
  });
  model.dispose();
  return hash;
}

const [video = ""] = process.argv.slice(2);
console.log(
  JSON.stringify({ score: await score(video), logProbs: await logProbs(), trained: await trained() }),
);
