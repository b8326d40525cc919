/** An update is of all its videos: how they are split into micro-batches changes the weights after it by rounding only. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { openTrainer, type StepOptions, type TokenWeighting, type TrainerOptions } from "../../lib/index.js";
import { POLICY_LOSSES } from "../../lib/model/policy-losses.js";
import { openSmall, smallPrompt, textIds, weightsOf } from "../helpers/small-model.js";

type Step = Omit<StepOptions, "learningRate">;

/** Of the way that all weights go: measured 5.1e-7, where no sum is made in another order 0. */
const WAY = 2e-6;
/** A moment that is 0 but for rounding moves nothing by it. */
const optimizer = { epsilon: 1e-3, weightDecay: 0.1 };
const OPTIONS: TrainerOptions = {
  trainable: ["vision", "projector", "language"],
  optimizer,
  reference: true,
  regressionOutputs: 1,
};
/** One answer of one token beside many long ones: a mean of micro-batches' means would be far from the step's. */
const LENGTHS = [
  [4, 4, 1, 6],
  [1, 1],
  [3, 8, 2],
  [12, 9],
  [1, 5],
];
/** Rows of the groups: 15, 2, 13, 21 and 6 of answers, behind prompts of one or two frames or none. */
const SPLITS: readonly Partial<TrainerOptions>[] = [
  { microTokens: 1 },
  { microTokens: 75 },
  { microVideos: 2 },
  { microVideos: 3, microTokens: 90 },
  { microVideos: 4, recompute: true },
];

const groups = LENGTHS.map((lengths, g) => ({
  prompt: smallPrompt(40 + g, { frames: g % 3 }),
  completions: lengths.map((length, k) => textIds(100 * g + k, length)),
  advantages: lengths.map((_, k) => 1.5 - k + 0.2 * g),
}));
/** Uneven over tokens and over groups, some 0. */
const weighed = groups.map(({ prompt, completions }, g) => ({
  prompt,
  completions,
  weights: completions.map((tokens, k) =>
    Float32Array.from(tokens, (_, t) => (t + k) % 4 || (g === 1 ? 5 : 0)),
  ),
}));
const plain = groups.map(({ prompt, completions }) => ({ prompt, completions }));

const steps: Record<string, Step> = {
  sft: { groups: plain, loss: "sft" },
  "sft, weights of tokens": { groups: weighed, loss: "sft" },
  regression: {
    groups: groups
      .filter(({ prompt }) => prompt.pixelValues !== undefined || prompt.clip !== undefined)
      .map(({ prompt }, g) => ({ prompt, completions: [], targets: [g - 1] })),
    loss: "regression",
  },
};

before(async () => {
  const model = await openSmall();
  const sampled = await Promise.all(
    groups.map(async (group, g) => ({
      ...group,
      oldLogProbs: (await model.logProbs(group)).map((values, k) =>
        values.map((value, t) => value + 0.35 * Math.sin(1 + 3 * k + 5 * t)),
      ),
      masked: group.completions.map((_, k) => g === 0 && k === 1),
    })),
  );
  model.dispose();
  for (const loss of POLICY_LOSSES)
    steps[loss] = {
      groups: sampled,
      loss,
      beta: 0.1,
      ...(loss === "dr_grpo" ? { maxCompletionLength: 12 } : {}),
    };
  const sequence = { ratioLevel: "sequence", clipLow: 0.05, clipHigh: 0.05 } as const;
  steps["gspo"] = { groups: sampled, loss: "grpo", ...sequence };
  steps["entropy"] = { groups: sampled, loss: "dapo", entropyCoef: 0.1, topEntropyQuantile: 0.5 };
});

/** Weights after the second of two updates; the moments of the first are part of the second. */
async function taught(options: TrainerOptions, step: Step): Promise<Map<string, Float32Array>> {
  const own = await openSmall();
  const trainer = await openTrainer(own, options);
  for (const learningRate of [0.01, 0.005]) await trainer.step({ ...step, learningRate });
  trainer.dispose();
  const weights = await weightsOf(own);
  own.dispose();
  return new Map([...weights].map(([name, { data }]) => [name, data as Float32Array]));
}

/** ‖a − b‖ of all weights. */
function distance(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const [name, values] of a)
    for (const [i, value] of values.entries()) sum += (value - (b.get(name)?.[i] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum);
}

const NAMES = [...Object.keys(steps), ...POLICY_LOSSES, "gspo", "entropy"];

describe("the weights after two updates", () => {
  for (const name of NAMES)
    test(name, async () => {
      const step = steps[name] as Step;
      const whole = await taught(OPTIONS, step);
      const way = distance(whole, await untaught());
      assert.ok(way > 1e-3, `${way}`);
      for (const split of SPLITS) {
        const far = distance(whole, await taught({ ...OPTIONS, ...split }, step)) / way;
        assert.ok(far <= WAY, `${JSON.stringify(split)}: ${far}`);
      }
      const [rows, videos] = [{ microTokens: 1 }, { microVideos: 1 }];
      assert.deepEqual(
        await taught({ ...OPTIONS, ...videos }, step),
        await taught({ ...OPTIONS, ...rows }, step),
      );
    });
});

async function untaught() {
  const own = await openSmall();
  const weights = await weightsOf(own);
  own.dispose();
  return new Map([...weights].map(([name, { data }]) => [name, data as Float32Array]));
}

test("a mean of the micro-batches' means is another update", async () => {
  const means: TokenWeighting = () =>
    Float64Array.from(
      LENGTHS.flatMap((lengths) => {
        const tokens = lengths.reduce((sum, length) => sum + length, 0);
        return new Array<number>(tokens).fill(1 / (LENGTHS.length * tokens));
      }),
    );
  const whole = await taught(OPTIONS, { groups: plain, loss: "sft" });
  const wrong = await taught(OPTIONS, { groups: plain, loss: { kind: "likelihood", weighting: means } });
  assert.ok(distance(whole, wrong) > 10_000 * WAY * distance(whole, await untaught()));
});
