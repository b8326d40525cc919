/** What a loss counts: ratios to the old policy, weights of tokens. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TrainablePart, TrainGroup } from "../../lib/index.js";
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
