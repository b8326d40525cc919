/** What a save writes, in files and names. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planFiles, staleFiles } from "../../../lib/checkpoint/save-plan.js";

const tensors = [
  { name: "a", shape: [4, 4] },
  { name: "b", shape: [2] },
  { name: "c", shape: [100] },
  { name: "d", shape: [] },
];

test("one file needs no index", () => {
  const { files, index, bytes } = planFiles(tensors, "float32", Number.MAX_SAFE_INTEGER);
  assert.deepEqual(
    files.map(({ name }) => name),
    ["model.safetensors"],
  );
  assert.equal(index, null);
  assert.equal(bytes, 4 * (16 + 2 + 100 + 1));
});

test("shards keep the order and the limit, and a tensor above it has a file of its own", () => {
  const { files, index } = planFiles(tensors, "bfloat16", 40);
  assert.deepEqual(
    files.map(({ name, tensors: own }) => [name, own.map((tensor) => tensor.name).join("")]),
    [
      ["model-00001-of-00003.safetensors", "ab"],
      ["model-00002-of-00003.safetensors", "c"],
      ["model-00003-of-00003.safetensors", "d"],
    ],
  );
  assert.deepEqual(index, {
    metadata: { total_size: 238 },
    weight_map: {
      a: "model-00001-of-00003.safetensors",
      b: "model-00001-of-00003.safetensors",
      c: "model-00002-of-00003.safetensors",
      d: "model-00003-of-00003.safetensors",
    },
  });
});

test("weight files of an earlier save are stale, other files are not", () => {
  const there = [
    "model.safetensors",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "config.json",
    "slowfast.safetensors",
  ];
  assert.deepEqual(staleFiles(there, planFiles(tensors, "float32", 1e9)), there.slice(1, 4));
  assert.deepEqual(staleFiles(there, planFiles(tensors, "bfloat16", 40)), there.slice(0, 3));
});
