/** Trainers: who may hold a model, what is refused, and what disposal leaves. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openTrainer, type StepOptions, type TrainerOptions } from "../../lib/index.js";
import { openSmall, type SmallModel, smallPrompt, weightsOf, withFolder } from "../helpers/small-model.js";
import { changed, EVERYTHING, GROUPS, STEP, withTrainer } from "../helpers/training.js";

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

test("a model has one trainer at a time, and outlives it", async () => {
  await withTrainer(EVERYTHING, async (trainer, own) => {
    await assert.rejects(openTrainer(own, EVERYTHING), { name: "EngineError", code: "E_BUSY" });
    assert.throws(() => own.dispose(), { code: "E_BUSY" });
    await trainer.step(STEP);
    trainer.dispose();
    trainer.dispose();
    const next = await openTrainer(own, EVERYTHING);
    await next.step(STEP);
    next.dispose();
  });
});

test("two trainers asked for at once: one comes", async () => {
  const own = await openSmall();
  const settled = await Promise.allSettled([openTrainer(own, EVERYTHING), openTrainer(own, EVERYTHING)]);
  assert.deepEqual(settled.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  for (const one of settled) if (one.status === "fulfilled") one.value.dispose();
  own.dispose();
});

test("a trainer that could not be opened holds nothing", async () => {
  const own = await openSmall();
  await assert.rejects(openTrainer(own, { trainable: ["language", "motion"] }), /motion/);
  const misplaced = { trainable: ["language"], states: "8bit" } as unknown as TrainerOptions;
  await assert.rejects(openTrainer(own, misplaced), { code: "E_OPTION", message: /states/ });
  const alone = { trainable: "language" } as unknown as TrainerOptions;
  await assert.rejects(openTrainer(own, alone), { code: "E_OPTION", message: /trainable: expected a list/ });
  await assert.rejects(openTrainer(own, { trainable: [] }), { name: "EngineError" });
  const trainer = await openTrainer(own, EVERYTHING);
  trainer.dispose();
  own.dispose();
});

test("memory that runs out says what was planned and what was asked for, and the model goes on", async () => {
  const own = await openSmall();
  // More than an address can name.
  const options = { trainable: ["projector"], regressionOutputs: 2 ** 44 } as const;
  const message =
    /^memory ran out \(planned: weights of .* GB, and for training .*\): .* allocate \d{15,} bytes$/;
  await assert.rejects(openTrainer(own, options), { name: "EngineError", code: "E_MEMORY", message });
  const trainer = await openTrainer(own, EVERYTHING);
  await trainer.step(STEP);
  trainer.dispose();
  own.dispose();
});

test("after dispose every call says so", async () => {
  await withTrainer(EVERYTHING, async (trainer, own) => {
    trainer.dispose();
    await withFolder(async (dir) => {
      const disposed = { name: "EngineError", code: "E_DISPOSED" };
      await assert.rejects(trainer.step(STEP), disposed);
      await assert.rejects(trainer.save(dir), disposed);
      own.dispose();
      own.dispose();
      await assert.rejects(own.generate({ prompts: [], maxNewTokens: 1, temperature: 0 }), disposed);
      await assert.rejects(own.logProbs({ prompt: smallPrompt(1), completions: [] }), disposed);
      await assert.rejects(own.save(dir), disposed);
      await assert.rejects(openTrainer(own, EVERYTHING), disposed);
    });
  });
});

const OPENING: [string, object][] = [
  ["trainable[1]", { trainable: ["language", "vison"] }],
  ["optimizer.beta1", { optimizer: { beta1: 1 } }],
  ["optimizer.beta2", { optimizer: { beta2: -0.1 } }],
  ["optimizer.epsilon", { optimizer: { epsilon: 0 } }],
  ["optimizer.weightDecay", { optimizer: { weightDecay: Infinity } }],
  ["optimizer.states", { optimizer: { states: "8bits" } }],
  ["optimizer.masters", { optimizer: { masters: "no" } }],
  ["regressionOutputs", { regressionOutputs: 1.5 }],
  ["microTokens", { microTokens: 0 }],
  ["microVideos", { microVideos: 0 }],
];
const STEPPING: [string, object][] = [
  ["loss", { loss: "ppo" }],
  ["learningRate", { learningRate: -1 }],
  ["learningRate", { learningRate: Infinity }],
  ["beta", { beta: Number.NaN }],
  ["clipLow", { clipLow: 2 }],
  ["clipHigh", { clipHigh: -0.1 }],
  ["maxGradNorm", { maxGradNorm: -1 }],
  ["temperature", { temperature: 0 }],
  ["loss.kind", { loss: { kind: "likelyhood" }, beta: undefined }],
  ["loss.surrogate.kind", { loss: { kind: "policy", surrogate: { kind: "klip" } }, beta: undefined }],
  ["loss.surrogate.low", { loss: { kind: "policy", surrogate: { kind: "clip", low: 2 } }, beta: undefined }],
  ["loss.beta", { loss: { kind: "policy", beta: -1 }, beta: undefined }],
  ["beta", { loss: { kind: "policy" } }],
  [
    "groups[].weights",
    {
      groups: [
        {
          ...GROUPS[0],
          weights: [
            [0, 0, 0, 0, 0],
            [0, 0, 0],
          ],
        },
      ],
      loss: "sft",
      beta: undefined,
    },
  ],
  ["beta", { loss: "sft" }],
  ["groups[0].advantages", { groups: [{ ...GROUPS[0], advantages: [1] }] }],
  [
    "groups[0].oldLogProbs[1]",
    { groups: [{ ...GROUPS[0], oldLogProbs: [new Float32Array(5), new Float32Array(4)] }] },
  ],
];

test("wrong options are refused by name, and the trainer goes on", async () => {
  await withTrainer(EVERYTHING, async (trainer, own) => {
    const before = await weightsOf(own);
    const refused = (option: string) => ({
      name: "EngineError",
      code: "E_OPTION",
      message: new RegExp(`option ${option.replace(/[[\].]/g, "\\$&")}:`),
    });
    for (const [option, wrong] of OPENING) {
      await assert.rejects(
        openTrainer(model, { ...EVERYTHING, ...wrong } as TrainerOptions),
        refused(option),
        option,
      );
    }
    for (const [option, wrong] of STEPPING) {
      await assert.rejects(trainer.step({ ...STEP, ...wrong } as StepOptions), refused(option), option);
    }
    assert.deepEqual(await changed(own, before), []);
    await trainer.step(STEP);
  });
});
