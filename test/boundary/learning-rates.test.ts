/** A part's own learning rate: its weights go as if all had that rate, whatever AdamW keeps and in which numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type LearningRates,
  type LoadOptions,
  loadModel,
  type OptimizerOptions,
  openTrainer,
  type StepOptions,
} from "../../lib/index.js";
import { smallPrompt, textIds, weightsOf, withFolder } from "../helpers/small-model.js";
import { changed, EVERYTHING, STEP, withTrainer } from "../helpers/training.js";

const KEPT: [NonNullable<LoadOptions["dtype"]>, OptimizerOptions][] = [
  ["float32", {}],
  ["float32", { states: "bfloat16" }],
  ["float32", { states: "8bit" }],
  ["bfloat16", {}],
  ["bfloat16", { states: "8bit" }],
  ["bfloat16", { states: "bfloat16", masters: false }],
  ["bfloat16", { states: "8bit", masters: false }],
];
const TRAINABLE = ["vision", "projector", "language", "motionProjector"] as const;
const TEXT: StepOptions = {
  groups: [
    { prompt: { inputIds: textIds(1, 9) }, completions: [textIds(2, 7), textIds(3, 5)], advantages: [1, -1] },
  ],
  loss: "grpo",
  learningRate: 2e-3,
};

type Weights = Awaited<ReturnType<typeof weightsOf>>;

/** After two steps, the second from a state that was stored where there is a folder for it. */
async function taught(
  [dtype, kept]: (typeof KEPT)[number],
  rates: { learningRate?: number; learningRates?: LearningRates },
  dir?: string,
): Promise<Weights> {
  const own = await loadModel("tiny-start", { dtype, threads: 1 });
  const options = { trainable: TRAINABLE, optimizer: { weightDecay: 0.1, ...kept } };
  let trainer = await openTrainer(own, options);
  await trainer.step({ ...TEXT, ...rates });
  if (dir !== undefined) {
    await trainer.save(dir);
    trainer.dispose();
    trainer = await openTrainer(own, options);
    await trainer.load(dir);
  }
  await trainer.step({ ...TEXT, ...rates });
  trainer.dispose();
  const weights = await weightsOf(own);
  own.dispose();
  return weights;
}

const isLanguage = (name: string) => /language_model|lm_head/.test(name);

for (const kept of KEPT)
  test(`${JSON.stringify(kept)}: each part by its own rate, bit for bit`, async () => {
    const start = await loadModel("tiny-start", { dtype: kept[0], threads: 1 });
    const before = await weightsOf(start);
    start.dispose();
    const [one, other] = [await taught(kept, {}), await taught(kept, { learningRate: 5e-4 })];
    const learningRates = { language: 5e-4, vision: 0 };
    const mixed = await taught(kept, { learningRates });
    let [slow, fast, still] = [0, 0, 0];
    for (const [name, { data }] of mixed) {
      const isVision = name.includes("vision");
      const wanted = isVision ? before : isLanguage(name) ? other : one;
      assert.deepEqual(data, wanted.get(name)?.data, name);
      if (isVision) still++;
      else if (isLanguage(name)) slow++;
      else fast++;
    }
    assert.ok(slow > 10 && fast > 2 && still > 10, `${slow}, ${fast}, ${still}`);
    assert.notDeepEqual(one, other);
    // The decay alone moves what no gradient reaches.
    if (kept[0] === "float32")
      assert.ok(
        [...one].some(([name, { data }]) => name.includes("vision") && !same(data, before.get(name)?.data)),
      );
    const equal = { vision: 2e-3, projector: 2e-3, language: 2e-3, motionProjector: 2e-3 };
    assert.deepEqual(await taught(kept, { learningRate: 7, learningRates: equal }), one);
    await withFolder(async (dir) => assert.deepEqual(await taught(kept, { learningRates }, dir), mixed));
  });

function same(one: NodeJS.TypedArray, other: NodeJS.TypedArray | undefined): boolean {
  const bytes = (of: NodeJS.TypedArray) => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
  return other !== undefined && bytes(one).equals(bytes(other));
}

test("with gradients everywhere, parts without a rate go by learningRate", async () => {
  const found: Weights[] = [];
  for (const more of [{}, { learningRate: 1e-3 }, { learningRates: { vision: 1e-3 } }])
    await withTrainer(EVERYTHING, async (trainer, own) => {
      await trainer.step({ ...STEP, ...more });
      found.push(await weightsOf(own));
    });
  const [whole, small, mixed] = found as [Weights, Weights, Weights];
  for (const [name, { data }] of mixed)
    assert.deepEqual(data, (name.includes("vision") ? small : whole).get(name)?.data, name);
});

test("at 0 a part stays as it is to the last bit, whatever its gradients are", async () => {
  await withTrainer(EVERYTHING, async (trainer, own) => {
    const before = await weightsOf(own);
    const step = { ...STEP, learningRates: { vision: 0 } };
    for (let i = 0; i < 2; i++) await trainer.step(step);
    const names = await changed(own, before);
    assert.deepEqual(
      names,
      [...before.keys()].filter((name) => !name.includes("vision")),
    );
  });
});

test("a rate of a part that is not trained, or that is none, is refused by name", async () => {
  await withTrainer({ trainable: ["projector"] }, async (trainer, own) => {
    const before = await weightsOf(own);
    for (const [learningRates, message] of [
      [{ vision: 1 }, /learningRates\.vision: expected none for what is not trained.*trainable is projector/],
      [{ eyes: 1 }, /learningRates\.eyes/],
      [{ projector: -1 }, /learningRates\.projector: expected a number ≥ 0/],
      [{ projector: Number.NaN }, /learningRates\.projector/],
      [[1], /learningRates: expected an object/],
    ] as const)
      await assert.rejects(trainer.step({ ...STEP, beta: 0, learningRates } as StepOptions), {
        code: "E_OPTION",
        message,
      });
    assert.deepEqual(await changed(own, before), []);
    await trainer.step({ ...STEP, beta: 0, learningRates: { vision: undefined, projector: 1e-3 } });
  });
});

test("a pooled head goes by learningRate, whatever the parts' rates are", async () => {
  const found: number[] = [];
  for (const learningRates of [undefined, { projector: 0 }])
    await withTrainer({ trainable: ["projector"], regressionOutputs: 1 }, async (trainer, own) => {
      const before = await weightsOf(own);
      const groups = [{ prompt: smallPrompt(3, { frames: 2 }), completions: [], targets: [1] }];
      const step = { groups, loss: "regression", learningRate: 0.1 } as const;
      const { loss } = await trainer.step({ ...step, learningRates });
      const after = await trainer.step({ ...step, learningRate: 0 });
      assert.notEqual(after.loss, loss);
      found.push((await changed(own, before)).length);
    });
  assert.ok((found[0] ?? 0) > 0);
  assert.equal(found[1], 0);
});
