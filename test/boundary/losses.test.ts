/** What a loss counts: ratios to the old policy, weights of tokens. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  meanOfMeans,
  oneWeight,
  type StepOptions,
  type TrainablePart,
  type TrainGroup,
  tokenMean,
} from "../../lib/index.js";
import { assertNear } from "../helpers/closeness.js";
import { openSmall, type SmallModel, smallPrompt, textIds } from "../helpers/small-model.js";
import { assertGradientsNear, measureStep } from "../helpers/trainer-gradients.js";

const GRADIENT_RELATIVE = 5e-6;
/** Means over tokens of float32 log-probabilities. */
const METRIC_BOUND = 1e-6;
const TEMPERATURE = 0.9;

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

const trainable: TrainablePart[] = ["vision", "projector", "language"];
const groups = [
  [4, 4, 1, 6],
  [3, 8],
].map((lengths, g) => ({
  prompt: smallPrompt(10 + g, { frames: 2 - g }),
  completions: lengths.map((length, k) => textIds(10 * g + k, length)),
  advantages: lengths.map((_, k) => 1.5 - k),
}));
const grpo = (of: readonly TrainGroup[]) => ({ groups: of, loss: "grpo" as const, temperature: TEMPERATURE });

test("old log-probabilities of the policy as it is are the same as none", async () => {
  const asIs = await Promise.all(
    groups.map(async ({ prompt, completions, advantages }) => {
      const oldLogProbs = await model.logProbs({ prompt, completions, temperature: TEMPERATURE });
      return { prompt, completions, advantages, oldLogProbs };
    }),
  );
  const given = await measureStep(model, { trainable }, grpo(asIs));
  const none = await measureStep(
    model,
    { trainable },
    grpo(asIs.map(({ oldLogProbs: _, ...group }) => group)),
  );
  assertGradientsNear(given.gradients, none.gradients, GRADIENT_RELATIVE);
  assert.equal(none.metrics.ratio, 1);
  assertNear([given.metrics.ratio], [1], METRIC_BOUND, "ratio");
});

test("tokens of weight zero are as if they were not there", async () => {
  const { prompt, completions: whole } = groups[0] as (typeof groups)[number];
  const cut = whole.map((tokens) => tokens.slice(0, Math.ceil(tokens.length / 2)));
  const weights = whole.map((tokens, k) =>
    Float32Array.from(tokens, (_, t) => (t < (cut[k]?.length ?? 0) ? 0.5 : 0)),
  );
  const weighted = await measureStep(
    model,
    { trainable },
    { groups: [{ prompt, completions: whole, weights }], loss: "sft" },
  );
  const short = await measureStep(
    model,
    { trainable },
    { groups: [{ prompt, completions: cut }], loss: "sft" },
  );
  assertNear([weighted.metrics.loss], [short.metrics.loss], METRIC_BOUND, "loss");
  assertGradientsNear(weighted.gradients, short.gradients, GRADIENT_RELATIVE);
});

test("a name with settings beside it is short for a loss that holds them", async () => {
  const asIs = groups.map((group) => ({
    ...group,
    oldLogProbs: group.completions.map((one) => Float32Array.from(one, (_, t) => -4 - t / 8)),
  }));
  const weights = groups[0]?.completions.map((tokens) => Float32Array.from(tokens, (_, t) => 1 + (t % 3)));
  const { advantages: _, ...plain } = groups[0] as (typeof groups)[number];
  const surrogate = { kind: "clip", low: 0.1, high: 0.3 } as const;
  const pairs: [Omit<StepOptions, "learningRate">, StepOptions["loss"]][] = [
    [
      { ...grpo(asIs), clipLow: 0.1, clipHigh: 0.3 },
      { kind: "policy", surrogate },
    ],
    [{ ...grpo(groups) }, { kind: "policy", beta: 0, weighting: meanOfMeans }],
    [{ groups: [plain], loss: "sft" }, { kind: "likelihood" }],
    [
      { groups: [plain], loss: "sft" },
      { kind: "likelihood", weighting: oneWeight(1 / 15) },
    ],
    [{ groups: [{ ...plain, weights: weights ?? [] }], loss: "sft" }, { kind: "likelihood" }],
  ];
  for (const [short, loss] of pairs) {
    const { clipLow: _low, clipHigh: _high, ...rest } = short;
    const [expected, found] = [
      await measureStep(model, { trainable }, short),
      await measureStep(model, { trainable }, { ...rest, loss }),
    ];
    assert.deepEqual(found.gradients, expected.gradients);
    assert.deepEqual({ ...found.metrics, seconds: 0 }, { ...expected.metrics, seconds: 0 });
  }
});

test("weights of tokens decide what the loss is a mean of", async () => {
  const loss = (weighting: typeof tokenMean) => ({ kind: "policy", weighting }) as const;
  const measured = async (of: typeof groups, weighting: typeof tokenMean) =>
    measureStep(model, { trainable }, { groups: of, loss: loss(weighting), temperature: TEMPERATURE });
  const byToken = await measured(groups, tokenMean);
  const byHand = groups.flatMap(({ completions, advantages }) =>
    completions.map(({ length }, k) => -(advantages[k] ?? Number.NaN) * length),
  );
  assertNear([byToken.metrics.loss], [byHand.reduce((sum, one) => sum + one, 0) / 26], METRIC_BOUND, "loss");
  const summed = await measured(groups, oneWeight(1));
  assertNear([summed.metrics.loss / 26], [byToken.metrics.loss], METRIC_BOUND, "sum");
  assertNear([summed.metrics.gradNorm / 26 / byToken.metrics.gradNorm], [1], GRADIENT_RELATIVE, "norm");
});
