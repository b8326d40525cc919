/** Logits and greedy continuations of twelve configurations; recipe: test/goldens/recipes/configurations.py. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { assertNear, norm } from "../helpers/closeness.js";
import {
  CONFIGURATIONS,
  configurationPath,
  RECORDED_POSITIONS,
  readConfiguration,
} from "../helpers/configurations.js";
import type { SmallModel } from "../helpers/small-model.js";

/** Float32 in two orders of summation: transformers itself is up to 2e-5 away from its own float64. */
const LOGITS_BOUND = 1e-4;
/** A continuation says something only where rounding cannot choose: ten times the bound above. */
const LEAST_MARGIN = 1e-3;
/** What bfloat16 may err, in units of transformers' own error. */
const BFLOAT16_FACTOR = 2;

test("there are twelve configurations, of both layouts", () => {
  assert.equal(CONFIGURATIONS.length, 12);
  for (const spelling of ["legacy-", "new-", "original-"])
    assert.ok(CONFIGURATIONS.some((name) => name.startsWith(spelling)));
});

async function lastLogits(model: SmallModel, prompt: Parameters<typeof logits>[1]): Promise<Float32Array> {
  const { data, shape } = await logits(model, prompt);
  return data.slice(-RECORDED_POSITIONS * (shape[1] ?? 0));
}

for (const name of CONFIGURATIONS) {
  describe(name, () => {
    describe("float32", () => {
      let model: SmallModel;
      before(async () => {
        model = await loadModel(configurationPath(name), { dtype: "float32", threads: 1 });
      });
      after(() => model.dispose());

      test("logits", async () => {
        const { recorded, prompt } = await readConfiguration(name);
        assertNear(await lastLogits(model, prompt), recorded.floats("logits"), LOGITS_BOUND, "logits");
      });

      test("greedy continuation", async () => {
        const { recorded, prompt } = await readConfiguration(name);
        const expected = recorded.ints("continuation");
        assert.ok(recorded.facts.margin > LEAST_MARGIN);
        const { groups } = await model.generate({
          prompts: [prompt],
          maxNewTokens: expected.length,
          temperature: 0,
          suppress: recorded.facts.leftOut,
        });
        assert.deepEqual(groups[0]?.[0]?.tokens, expected);
      });
    });

    test("bfloat16 errs at most twice as much as transformers does", async () => {
      const { recorded, prompt } = await readConfiguration(name);
      const model = await loadModel(configurationPath(name), { dtype: "bfloat16", threads: 1 });
      try {
        const { largestError, rmsError } = recorded.facts.bfloat16;
        const truth = recorded.floats(recorded.tensors.has("rounded_logits") ? "rounded_logits" : "logits");
        const found = await lastLogits(model, prompt);
        assertNear(found, truth, BFLOAT16_FACTOR * largestError, "logits");
        const rms = norm(found.map((value, i) => value - (truth[i] ?? Number.NaN))) / Math.sqrt(found.length);
        assert.ok(rms <= BFLOAT16_FACTOR * rmsError, `errs by ${rms} rms, transformers by ${rmsError}`);
      } finally {
        model.dispose();
      }
    });
  });
}
