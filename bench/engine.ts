/**
 * npm run bench: sampling and one GRPO step of the tiny model, in seconds, after its output was checked.
 *
 *   node scripts/start.mjs bench/engine.js [--threads 1] [--repeats 7]
 *
 * Prints one JSON line a measurement: what, sizes, minimum, median and largest seconds, commit and machine.
 */
import { parseArgs } from "node:util";
import {
  buildPrompt,
  type Completion,
  loadModel,
  openTrainer,
  type Prompt,
  streamOf,
  uniform,
} from "../lib/index.js";
import { machineFacts } from "./machine.js";

const { values } = parseArgs({
  options: { threads: { type: "string", default: "1" }, repeats: { type: "string", default: "7" } },
});
const [prompts, samples, maxNewTokens] = [16, 4, 32];
const threads = Number(values.threads);
/** Largest difference allowed between the sampler's and the trainer's log-probabilities, float32. */
const AGREEMENT = 1e-5;

const model = await loadModel("tiny", { threads });
const { frames, imageSize } = model.settings;
const inputIds = buildPrompt(model.tokenizer, model.settings.prompt, model.slots(frames, imageSize));
const batch: Prompt[] = Array.from({ length: prompts }, (_, i) => ({
  inputIds,
  pixelValues: Float32Array.from(
    { length: frames * 3 * imageSize ** 2 },
    (_, at) => 2 * uniform(streamOf("bench", i), at, 0) - 1,
  ),
  frames,
  imageSize,
  stream: `bench ${i}`,
  samples,
}));
const trainer = await openTrainer(model, {
  trainable: ["projector", "language", "motionProjector"],
  reference: true,
});

const sample = () => model.generate({ prompts: batch, maxNewTokens, temperature: 1 });
const step = (groups: readonly Completion[][]) =>
  trainer.step({
    groups: groups.map((completions, i) => ({
      prompt: batch[i] as Prompt,
      completions,
      advantages: completions.map((_, k) => (k % 2 === 0 ? 1 : -1)),
    })),
    loss: "grpo",
    learningRate: 0,
    beta: 0.04,
  });

async function check(): Promise<Completion[][]> {
  const { groups } = await sample();
  for (const [i, group] of groups.entries()) {
    const again = await model.logProbs({ prompt: batch[i] as Prompt, completions: group });
    const differences = group.flatMap(({ logProbs }, k) =>
      [...logProbs].map((one, t) => Math.abs(one - (again[k]?.[t] ?? Number.NaN))),
    );
    if (!(Math.max(...differences) <= AGREEMENT))
      throw new Error(`prompt ${i}: sampler and trainer disagree; nothing is timed`);
  }
  return groups;
}

async function time(what: string, work: () => Promise<unknown>): Promise<void> {
  await work();
  const seconds: number[] = [];
  for (let i = 0; i < Number(values.repeats); i++) {
    const start = performance.now();
    await work();
    seconds.push((performance.now() - start) / 1000);
  }
  seconds.sort((a, b) => a - b);
  const [median, max] = [seconds[seconds.length >> 1], seconds.at(-1)];
  console.log(JSON.stringify({ what, ...sizes, min: seconds[0], median, max, ...machine }));
}

const sizes = { prompts, samples, promptTokens: inputIds.length, maxNewTokens, threads };
const machine = machineFacts();
const groups = await check();
await time("generate", sample);
await time("step", () => step(groups));
trainer.dispose();
model.dispose();
