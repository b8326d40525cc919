/** Which tensors of a checkpoint are converted, and what is said of the others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dict, Other, Storage, Tensor, type Value } from "../../../lib/pickle/values.js";
import { selectStateDict } from "../../../lib/torch-file/state-dict.js";

const STORAGE = new Storage({ key: "0", dtype: "F32", bytes: 4 }, "F32", 0, 4);
const TENSOR = new Tensor(STORAGE, "F32", 0, [1], [1]);

function dict(items: Record<string, Value>): Dict {
  const made = new Dict();
  made.entries.push(...Object.entries(items));
  return made;
}

const names = (value: Value) => selectStateDict(value).tensors.map(([name]) => name);

test("takes model_state before model_state_dict before state_dict before model before the dict itself", () => {
  const inner = (name: string) => dict({ [name]: TENSOR });
  const tutorial = { epoch: 1, model_state_dict: inner("w"), optimizer_state_dict: dict({}) };
  assert.deepEqual(names(dict(tutorial)), ["w"]);
  assert.deepEqual(selectStateDict(dict(tutorial)).beside, ["epoch", "optimizer_state_dict"]);
  assert.deepEqual(names(dict({ ...tutorial, state_dict: inner("b") })), ["w"]);
  const all = { top: TENSOR, model: inner("c"), state_dict: inner("b"), model_state: inner("a") };
  assert.deepEqual(names(dict(all)), ["a"]);
  const { model_state: _, ...second } = all;
  assert.deepEqual(names(dict(second)), ["b"]);
  const { state_dict: __, ...third } = second;
  assert.deepEqual(names(dict(third)), ["c"]);
  assert.deepEqual(selectStateDict(dict(third)).beside, ["top"]);
  assert.deepEqual(names(dict({ top: TENSOR })), ["top"]);
});

test("passes over a key that holds no tensors", () => {
  const found = selectStateDict(dict({ model: "slowfast_r50", model_state: dict({}), w: TENSOR }));
  assert.equal(found.key, null);
  assert.deepEqual(found.notTensors, ["model", "model_state"]);
});

test("leaves out counters, and the head of SlowFast", () => {
  const found = selectStateDict(
    dict({
      "blocks.0.norm.weight": TENSOR,
      "blocks.0.norm.num_batches_tracked": TENSOR,
      num_batches_tracked: TENSOR,
      "blocks.6.proj.weight": TENSOR,
      "blocks.60.weight": TENSOR,
      "head.blocks.6.weight": TENSOR,
      my_num_batches_tracked: TENSOR,
      "num_batches_tracked.weight": TENSOR,
      steps: 3,
    }),
  );
  assert.deepEqual(
    found.tensors.map(([name]) => name),
    [
      "blocks.0.norm.weight",
      "blocks.60.weight",
      "head.blocks.6.weight",
      "my_num_batches_tracked",
      "num_batches_tracked.weight",
    ],
  );
  assert.deepEqual(found.leftOut, [
    { name: "num_batches_tracked", tensors: 2 },
    { name: "blocks.6", tensors: 1 },
  ]);
  assert.deepEqual(found.notTensors, ["steps"]);
});

test("keeps the sixth block of a network that has a seventh", () => {
  assert.deepEqual(names(dict({ "blocks.6.attn.weight": TENSOR, "blocks.7.attn.weight": TENSOR })), [
    "blocks.6.attn.weight",
    "blocks.7.attn.weight",
  ]);
});

test("what is no tensor is left out, among the weights and beside them", () => {
  const device = new Other("torch.device");
  const { tensors, notTensors, beside } = selectStateDict(
    dict({ model: dict({ w: TENSOR, device }), device }),
  );
  assert.deepEqual([tensors.length, notTensors, beside], [1, ["device"], ["device"]]);
});
