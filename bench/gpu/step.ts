/**
 * A whole GRPO step on the device: answers are sampled for each video, then policy, reference, gradients and AdamW. At
 * the widths of InternVL3-8B in bfloat16, with as many decoder layers as float32 states and a reference leave room for;
 * the row says how many.
 *
 *   node dist/bench/gpu/step.js [--layers N]
 */
import { parseArgs } from "node:util";
import { openTrainer } from "../../lib/index.js";
import { heldBytes } from "../../lib/inspection/held-memory.js";
import { activationBytes, type UpdatePlan } from "../../lib/inspection/update-memory.js";
import { FAMILIES, familyConfig } from "../../lib/layout/families.js";
import { familyParameters } from "../../lib/random-checkpoint/random-checkpoint.js";
import {
  advantagesOf,
  card,
  DTYPE,
  nameOf,
  noiseClip,
  once,
  openDrawn,
  promptOf,
  row,
  SMALL,
  TRAINED,
} from "./common.js";

const LIKE = "internvl3-8b";
const [FRAMES, SIZE] = SMALL ? [2, 64] : [6, 448];
const [GROUPS, ANSWERS, ANSWER_TOKENS] = SMALL ? [2, 2, 4] : [2, 8, 128];
const STEPS = SMALL ? 1 : 3;
/** Of a card's memory, for what libtorch and CUDA keep beside tensors. */
const USABLE = 0.88;

const { values } = parseArgs({ options: { layers: { type: "string" } } });

/** What a step of one micro-batch with all groups takes. */
function plannedBytes(layers: number): number {
  const config = familyConfig(LIKE, layers);
  const { geometry } = config;
  const visual = FRAMES * (SIZE / geometry.vision.patch) ** 2 * 0.25;
  const plan: UpdatePlan = {
    groups: GROUPS,
    frames: FRAMES,
    size: SIZE,
    // The text of a prompt is some hundred tokens; its tokenizer here has one a byte.
    promptTokens: visual + 1500,
    answers: ANSWERS,
    answerTokens: ANSWER_TOKENS,
    dtype: DTYPE,
    trainable: TRAINED,
    reference: true,
    recompute: true,
    states: "float32",
    masters: true,
  };
  const shape = { config, parameters: familyParameters(LIKE, layers) };
  const held = Object.values(heldBytes(shape, plan)).reduce((a, b) => a + b, 0);
  return held + activationBytes(shape, plan);
}

function layersThatFit(): number {
  const memory = card()?.bytes;
  if (SMALL || memory === undefined) return 2;
  let layers: number = FAMILIES[LIKE].language.layers;
  while (layers > 1 && plannedBytes(layers) > USABLE * memory) layers--;
  return layers;
}

const layers = values.layers === undefined ? layersThatFit() : Number(values.layers);
const model = await openDrawn(LIKE, layers);
const trainer = await openTrainer(model, { trainable: TRAINED, reference: true, recompute: true });
const clips = await Promise.all(Array.from({ length: GROUPS }, (_, i) => noiseClip(FRAMES, SIZE, i)));
const prompts = clips.map((clip) => promptOf(model, clip, ANSWERS));

async function sample() {
  const suppress = model.checkpoint.endTokens;
  const { groups } = await model.generate({ prompts, maxNewTokens: ANSWER_TOKENS, temperature: 1, suppress });
  return groups.map((completions, i) => ({
    prompt: prompts[i] ?? { inputIds: new Int32Array() },
    completions,
    advantages: advantagesOf(completions.length),
  }));
}

let groups = await sample();
const step = () => trainer.step({ groups, loss: "grpo", learningRate: 1e-6, beta: 0.04 });
await step();
let [sampling, training] = [0, 0];
for (let i = 0; i < STEPS; i++) {
  sampling += await once(async () => {
    groups = await sample();
  });
  training += await once(step);
}
row("GRPO step", {
  like: nameOf(LIKE),
  layers,
  dtype: DTYPE,
  publishedLayers: FAMILIES[LIKE].language.layers,
  plannedBytes: SMALL ? undefined : plannedBytes(layers),
  cardBytes: card()?.bytes,
  groups: GROUPS,
  answers: ANSWERS,
  answerTokens: ANSWER_TOKENS,
  promptTokens: prompts[0]?.inputIds.length,
  frames: FRAMES,
  size: SIZE,
  sampleSeconds: sampling / STEPS,
  trainSeconds: training / STEPS,
});
for (const clip of clips) clip.dispose();
trainer.dispose();
model.dispose();
