/** Narrow optimiser states: gone on from bit for bit, as many bytes as planned, and refused where they cannot be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { shippedCheckpoint } from "../../lib/checkpoint/shipped.js";
import { surveyCheckpoint } from "../../lib/checkpoint/survey.js";
import {
  type LoadOptions,
  loadModel,
  type OptimizerOptions,
  openTrainer,
  type StepOptions,
  type Trainer,
} from "../../lib/index.js";
import { type HeldPlan, heldBytes } from "../../lib/inspection/held-memory.js";
import { familyConfig } from "../../lib/layout/families.js";
import { tensorMemory } from "../../lib/parity.js";
import { familyParameters } from "../../lib/random-checkpoint/random-checkpoint.js";

import { type SmallModel, textIds, weightsOf, withFolder } from "../helpers/small-model.js";
import { changed } from "../helpers/training.js";

tensorMemory();

const STEP: StepOptions = {
  groups: [
    { prompt: { inputIds: textIds(1, 9) }, completions: [textIds(2, 7), textIds(3, 5)], advantages: [1, -1] },
  ],
  loss: "grpo",
  learningRate: 1e-3,
};
type Kept = Pick<HeldPlan, "states" | "masters">;
type DType = NonNullable<LoadOptions["dtype"]>;

const KEPT: [DType, Kept][] = [
  ["float32", { states: "float32", masters: true }],
  ["float32", { states: "bfloat16", masters: true }],
  ["float32", { states: "8bit", masters: true }],
  ["bfloat16", { states: "float32", masters: true }],
  ["bfloat16", { states: "8bit", masters: true }],
  ["bfloat16", { states: "bfloat16", masters: false }],
  ["bfloat16", { states: "8bit", masters: false }],
];

async function withTiny<T>(
  dtype: DType,
  optimizer: OptimizerOptions,
  use: (trainer: Trainer, own: SmallModel) => Promise<T>,
): Promise<T> {
  const own = await loadModel("tiny-start", { dtype, threads: 1 });
  const trainer = await openTrainer(own, { trainable: ["projector", "language"], optimizer });
  try {
    return await use(trainer, own);
  } finally {
    trainer.dispose();
    own.dispose();
  }
}

for (const [dtype, kept] of KEPT)
  test(`${dtype}, ${JSON.stringify(kept)}: gone on equals never having stopped, bit for bit`, async () => {
    const optimizer = { ...kept, weightDecay: 0.1 };
    await withFolder(async (dir) => {
      const through = await withTiny(dtype, optimizer, async (trainer, own) => {
        for (let i = 0; i < 4; i++) {
          if (i === 2) await trainer.save(dir);
          await trainer.step(STEP);
        }
        return weightsOf(own);
      });
      await withTiny(dtype, optimizer, async (trainer, own) => {
        assert.notDeepEqual(await changed(own, through), []);
        await trainer.load(dir);
        for (let i = 2; i < 4; i++) await trainer.step(STEP);
        assert.deepEqual(await changed(own, through), []);
      });
    });
  });

for (const [dtype, kept] of KEPT)
  test(`${dtype}, ${JSON.stringify(kept)}: as many bytes as planned`, async () => {
    const trainable = ["vision", "projector", "language", "motionProjector"] as const;
    // What the test before disposed of is freed on the engine's own thread.
    while (tensorMemory().bytes > 0) await setTimeout(5);
    const own = await loadModel("tiny-start", { dtype, threads: 1 });
    const trainer = await openTrainer(own, { trainable, optimizer: kept });
    const found = tensorMemory().bytes;
    trainer.dispose();
    own.dispose();
    const { config, mapped: parameters } = await surveyCheckpoint(shippedCheckpoint("tiny-start") ?? "");
    const plan = heldBytes({ config, parameters }, { dtype, trainable, reference: false, ...kept });
    const planned = Object.values(plan).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(found / planned - 1) <= 0.02, `planned ${planned}, found ${found}`);
  });

test("of the 1B shape, 8 bits take .69 of what float32 AdamW does, .57 without masters, and adapters .30", () => {
  const like = "internvl3-1b";
  const shape = { config: familyConfig(like), parameters: familyParameters(like) };
  const parts = ["vision", "projector", "language", "motionProjector"] as const;
  const bytes = (dtype: DType, kept: Kept, more: Partial<HeldPlan> = {}): number => {
    const plan = { dtype, trainable: parts, reference: false, ...kept, ...more };
    return Object.values(heldBytes(shape, plan)).reduce((a, b) => a + b, 0);
  };
  const plain = { states: "float32", masters: true } as const;
  const full = bytes("float32", plain);
  assert.ok(bytes("float32", { states: "8bit", masters: true }) <= 0.69 * full);
  assert.ok(bytes("bfloat16", { states: "8bit", masters: false }) <= 0.57 * full);
  const lora = { targets: String.raw`.*\.language_model\..*`, rank: 16 };
  assert.ok(bytes("float32", plain, { trainable: ["adapters"], lora }) <= 0.3 * full);
});

test("a state of other numbers is refused, and says which option makes it", async () => {
  await withFolder(async (dir) => {
    await withTiny("float32", { states: "8bit" }, (trainer) => trainer.save(dir));
    const refused = {
      name: "EngineError",
      code: "E_FORMAT",
      message: /'adamw-8bit'.*'adamw'.*optimizer\.states/,
    };
    await withTiny("float32", {}, async (trainer) => assert.rejects(trainer.load(dir), refused));
  });
});

test("float32 weights are their own masters", async () => {
  const refused = { name: "EngineError", code: "E_OPTION", message: /optimizer\.masters.*bfloat16/ };
  const own = await loadModel("tiny-start", { threads: 1 });
  const options = { trainable: ["projector"], optimizer: { masters: false } } as const;
  await assert.rejects(openTrainer(own, options), refused);
  own.dispose();
});
