/** The weights of a run: which models are opened, what is put on them, and how they are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../lib/model/types.js";
import { parseConfig } from "../../../lib/run/config.js";
import type { Engine } from "../../../lib/run/engine.js";
import { runWeights, withParts } from "../../../lib/run/weights.js";
import { fakeEngine, fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { config, run, stored } from "../../helpers/fake-run.js";

const LORA = { targets: "all-linear", rank: 2 };

function told() {
  const calls: unknown[] = [];
  const engine: Engine = {
    ...fakeEngine(fakeState()),
    async openModel(dir, { adapter, slowfast }) {
      calls.push(["open", dir, { adapter, slowfast }]);
      return fakeModel(fakeState(), dir);
    },
    async addAdapter(_, { rank }, seed) {
      calls.push(["add", rank, seed]);
    },
    async saveAdapter(_, dir) {
      calls.push(["save", dir]);
    },
  };
  return { engine, calls };
}

test("with adapters the base is opened for each state, and adapters alone are written", async () => {
  const { engine, calls } = told();
  const keys = parseConfig({ out: "run", model: "base", seed: 7, lora: LORA });
  const weights = runWeights(keys, { slowfast: "s" }, engine);
  const model = await weights.begin();
  await weights.save(model, "step");
  await weights.open("step");
  assert.deepEqual(calls, [
    ["open", "base", { adapter: undefined, slowfast: "s" }],
    ["add", 2, 7],
    ["save", "step"],
    ["open", "base", { adapter: "step", slowfast: "s" }],
  ]);
});

test("without them the model is written whole, and has motion parts of its own from then on", async () => {
  const { engine, calls } = told();
  const weights = runWeights(parseConfig({ out: "run", model: "base" }), { slowfast: "s" }, engine);
  const saved: string[] = [];
  await weights.begin();
  await weights.save({ save: async (dir: string) => void saved.push(dir) } as unknown as Model, "step");
  await weights.open("step");
  assert.deepEqual(saved, ["step"]);
  assert.deepEqual(calls, [
    ["open", "base", { adapter: undefined, slowfast: "s" }],
    ["open", "step", { adapter: undefined, slowfast: undefined }],
  ]);
});

test("a model whose adapters fail is let go of", async () => {
  const state = fakeState();
  const engine: Engine = {
    ...fakeEngine(state),
    addAdapter: () => Promise.reject(new Error("no layer")),
  };
  const keys = parseConfig({ out: "run", model: "base", lora: LORA });
  await assert.rejects(runWeights(keys, {}, engine).begin(), /no layer/);
  assert.equal(state.disposed, 1);
});

test("where nobody says what trains, a model without motion parts has no projector to train", async () => {
  const without = { hasMotion: async () => false };
  const parts = async (keys: object) =>
    (await withParts(parseConfig({ out: "run", lora: LORA, ...keys }), without)).trainable;
  assert.deepEqual(await parts({}), ["adapters"]);
  await assert.rejects(parts({ learningRates: { motionProjector: 1e-4 } }), {
    code: "E_OPTION",
    message: /^option learningRates\.motionProjector: /,
  });
  // What was asked for is refused by who knows the model.
  assert.deepEqual(await parts({ trainable: ["adapters", "motionProjector"] }), [
    "adapters",
    "motionProjector",
  ]);
  const usual = parseConfig({ out: "run", lora: LORA });
  assert.deepEqual((await withParts(usual, { hasMotion: async () => true })).trainable, usual.trainable);
});

test("a run keeps what it found to train", async () => {
  const { summary } = await run(config({ lora: LORA }));
  assert.deepEqual(stored(summary.run)["trainable"], ["adapters", "motionProjector"]);
  assert.deepEqual(stored(summary.run)["lora"], { ...LORA, rslora: false, dora: false });
});
