/** What is said of inputs that are not those that a run began with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../../../lib/core/digest.js";
import { type InputPlaces, type Inputs, inputDifferences, inputsSchema } from "../../../lib/run/inputs.js";

const weights = (modified: string) => ({
  name: "model.safetensors",
  bytes: 10,
  modified,
  header: sha256("header"),
  sample: sha256("sample"),
});
const [EARLY, LATE] = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"];
const then: Inputs = {
  list: sha256("list"),
  prompt: sha256("prompt"),
  model: { files: { "config.json": sha256("config") }, weights: [weights(EARLY)] },
  slowfast: { ...weights(EARLY), name: "slowfast.safetensors" },
};
const places: InputPlaces = { model: "/m", data: "/d.csv", prompt: "/p.txt", slowfast: "/s.safetensors" };
const told = (more: Partial<Inputs>, named: string[] = [], where = places) =>
  inputDifferences(then, { ...then, ...more }, where, new Set(named));

test("nothing is said of the same inputs, through JSON too", () => {
  assert.deepEqual(told(inputsSchema.parse(JSON.parse(JSON.stringify(then)))), []);
});

test("each input is told with its place, its old and its new hash", () => {
  const list = sha256("other");
  const line = `list /d.csv has changed: SHA-256 ${list.slice(0, 12)}…, it was ${sha256("list").slice(0, 12)}…`;
  assert.deepEqual(told({ list }), [line]);
  assert.match(told({ prompt: list }).join(), /^prompt \/p\.txt has changed: /);
  const model = { ...then.model, files: { "config.json": list } };
  assert.deepEqual(told({ model }), ["model /m: config.json has changed"]);
  const slowfast = { ...weights(EARLY), name: "slowfast.safetensors", sample: list };
  assert.deepEqual(told({ slowfast }), ["slowfast /s.safetensors: slowfast.safetensors holds other values"]);
  assert.equal(told({ list, prompt: list, model, slowfast }).length, 4);
});

test("a list is no dataset, and what is absent is said", () => {
  assert.deepEqual(told({ list: undefined, dataset: sha256("dataset") }), [
    "the run began with a list, and none is given",
    "the run began without a dataset, and one is given",
  ]);
});

test("times are compared where they lie as before, not of a copy that is named and of what is shipped", () => {
  const model = { ...then.model, weights: [weights(LATE)] };
  const slowfast = { ...weights(LATE), name: "slowfast.safetensors" };
  assert.deepEqual(told({ model, slowfast }), [
    `model /m: model.safetensors was written at ${LATE}, it was of ${EARLY}`,
    `slowfast /s.safetensors: slowfast.safetensors was written at ${LATE}, it was of ${EARLY}`,
  ]);
  assert.equal(told({ model, slowfast }, ["model"]).length, 1);
  assert.deepEqual(told({ model, slowfast }, ["model", "slowfast"]), []);
  assert.deepEqual(told({ model }, [], { ...places, model: "tiny" }), []);
});
