/** A loss of given log-probabilities across the wall: what it gives, and what of a request does not fit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lossOf } from "../../lib/model/loss.js";
import type { StepOptions } from "../../lib/model/types.js";
import type { LossRequest } from "../../lib/native/binding.js";
import { nativeJob } from "../../lib/native/call.js";

const GROUP = {
  prompt: { inputIds: Int32Array.of(1) },
  completions: [Int32Array.of(2, 3), Int32Array.of(4)],
  advantages: [1, -1],
};

function request(loss: StepOptions["loss"], more: object = {}): LossRequest {
  return {
    ...lossOf({ groups: [GROUP], loss, learningRate: 0 }),
    offsets: Int32Array.of(0, 2, 3),
    logProbs: Float32Array.of(-1, -2, -0.5),
    entropies: loss === "sft" ? new Float32Array() : Float32Array.of(1, 2, 3),
    reference: new Float32Array(),
    device: "cpu",
    ...more,
  };
}

const asked = (one: LossRequest) => nativeJob(undefined, (native, job) => native.lossSlopes(one, job));

test("on policy a slope is minus weight times advantage; a likelihood's is minus the weight", async () => {
  const policy = await asked(request("dapo"));
  assert.deepEqual(
    [...policy.logProbs],
    [-1, -1, 1].map((sign) => Math.fround(sign / 3)),
  );
  assert.equal(policy.entropies.length, 0);
  assert.deepEqual([policy.metrics.entropy, policy.metrics.ratio], [2, 1]);
  const likelihood = await asked(request("sft"));
  assert.deepEqual([...likelihood.logProbs], new Array(3).fill(Math.fround(-1 / 3)));
  assert.ok(Math.abs(likelihood.metrics.loss - 3.5 / 3) < 1e-6);
});

test("what does not fit is refused by name", async () => {
  const { loss } = request("grpo");
  assert.ok(loss.kind === "policy");
  const wrong: [object, RegExp][] = [
    [{ weights: new Float64Array(2) }, /^weights: expected 3 values, found 2/],
    [{ entropies: new Float32Array() }, /^entropies: expected 3 values, found 0/],
    [{ reference: new Float32Array(3) }, /^reference: expected 0 values, found 3/],
    [{ offsets: Int32Array.of(0, 2, 4) }, /^offsets: offsets must run from 0 to 3/],
    [{ offsets: Int32Array.of(0, 3) }, /^advantages: expected 1 values, found 2/],
    [{ offsets: new Int32Array() }, /^offsets: expected 1 offsets, found 0/],
    [{ loss: { kind: "regression", targets: new Float32Array() } }, /^loss\.kind: .*found 'regression'/],
    [
      { loss: { ...loss, objective: { ...loss.objective, surrogate: "ppo" } } },
      /^surrogate: expected one of 'clip', 'cispo', 'sapo', 'vespo', found 'ppo'/,
    ],
    [{ loss: { ...loss, objective: { ...loss.objective, beta: "1" } } }, /^beta: expected a number/],
  ];
  for (const [more, message] of wrong)
    await assert.rejects(asked(request("grpo", more)), { code: "E_ARGUMENT", message });
});
