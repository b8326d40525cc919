/** Configurations of rows and starts: the paper's presets, apart in what the table says and in nothing else. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AblateOptions, planOf } from "../../../lib/ablation/options.js";
import { rowKeys, startKeys } from "../../../lib/ablation/row-keys.js";
import { ROW_NAMES, type RowName, START_NAMES, TABLE_4 } from "../../../lib/ablation/table.js";
import { parseConfig, parseMethod } from "../../../lib/run/config.js";
import { coded } from "../../helpers/refused.js";

const plan = (options: Partial<AblateOptions> = {}) => planOf({ out: "x", ...options });
const mine = {
  model: "dir",
  data: "d",
  inDomain: ["i"],
  outOfDomain: ["o"],
  prompt: "p",
  answerPrompt: "q",
} as const;
const parsed = (row: RowName, options?: Partial<AblateOptions>) => parseConfig(rowKeys(row, plan(options)));

/** What a row may have otherwise than the full one. */
const APART = ["preset", "rewards", "temporal", "motion", "trainable"];

describe("rowKeys", () => {
  it("differ from the full row by rewards, motion and form alone", () => {
    const full = Object.entries(parsed("full"));
    for (const row of ROW_NAMES) {
      const keys = parsed(row) as unknown as Record<string, unknown>;
      for (const [key, value] of full)
        if (!APART.includes(key)) assert.deepEqual(keys[key], value, `${row} ${key}`);
    }
  });

  it("with adapters learn what those bring, and begin with whole models", () => {
    const config = { lora: { targets: ["q_proj"], rank: 2 } };
    for (const options of [{ config }, { ...mine, config }]) {
      assert.deepEqual(parsed("full", options).trainable, ["adapters", "motionProjector"]);
      assert.ok(!parseMethod(startKeys("reasoning", plan(options))).trainable.includes("adapters"));
    }
    const trainable = ["adapters" as const];
    assert.deepEqual(parsed("full", { config: { ...config, trainable } }).trainable, trainable);
  });

  it("have the rewards of the table beside the format's, by the paper's reading", () => {
    for (const row of ROW_NAMES) {
      const { rewards, temporal } = parsed(row);
      assert.deepEqual(
        rewards.map(({ name }) => name),
        ["format", ...TABLE_4[row].rewards],
        row,
      );
      for (const reward of rewards) if ("variant" in reward) assert.equal(reward.variant, "paper");
      assert.equal(temporal.perturb, TABLE_4[row].rewards.includes("temporal"), row);
      const [format] = rewards;
      const form = TABLE_4[row].reasoning ? "think" : "answer";
      assert.equal(format?.name === "format" && format.form, form, row);
    }
  });

  it("ask for no motion in the one row, and train no projector of it there", () => {
    for (const row of ROW_NAMES) {
      const { motion, trainable } = parsed(row);
      assert.equal(motion, row !== "no-motion");
      assert.equal(trainable.includes("motionProjector"), row !== "no-motion", row);
    }
    const trainable = ["language" as const, "motionProjector" as const];
    const config = { trainable, learningRates: { language: 1e-3, motionProjector: 2e-3 } };
    const without = parsed("no-motion", { config });
    assert.deepEqual([without.trainable, without.learningRates], [["language"], { language: 1e-3 }]);
    assert.deepEqual(parsed("full", { config }).learningRates, config.learningRates);
    const start = startKeys("no-motion", plan({ startConfig: config }));
    assert.deepEqual([start.trainable, start.learningRates], [["language"], { language: 1e-3 }]);
  });

  it("read the temporal reward as it is asked for", () => {
    const gate = (options?: Partial<AblateOptions>) => {
      const reward = parsed("full", options).rewards.find(({ name }) => name === "temporal");
      return reward?.name === "temporal" && reward.gate;
    };
    assert.deepEqual([gate(), gate({ temporal: "printed" })], ["answer", "video"]);
    const own = {
      rewards: [{ name: "temporal" as const, variant: "released" as const, gate: "video" as const }],
    };
    assert.equal(gate({ config: own }), "video");
  });

  it("take a model of one's own by the paper's preset alone, a shipped one by its overlay", () => {
    const [own, shipped] = [parsed("full", mine), parsed("full")];
    assert.deepEqual([own.learningRate, own.videosPerStep, own.imageSize], [1e-6, 64, 448]);
    assert.deepEqual([shipped.learningRate, shipped.videosPerStep, shipped.imageSize], [6e-4, 48, 64]);
    assert.deepEqual(own.temporal.modes, ["freeze", "skip"]);
  });

  it("warm up in a tenth of a shipped model's steps and no more than its own, unless the user says", () => {
    const warm = (steps: number, config = {}) => parsed("full", { steps, config }).warmupSteps;
    assert.deepEqual([warm(2), warm(20), warm(50), warm(300)], [0, 2, 5, 5]);
    assert.equal(parsed("full").warmupSteps, 5);
    assert.equal(warm(2, { warmupSteps: 1 }), 1);
    assert.equal(parsed("full", { ...mine, steps: 2 }).warmupSteps, parsed("full", mine).warmupSteps);
  });

  it("let the user's keys lie over all, and their rewards in place of those of the same name", () => {
    const config = {
      beta: 0.5,
      rewards: [{ name: "regression" as const, variant: "paper" as const, sigma: 0.25 }],
      temporal: { modes: ["reverse" as const] },
    };
    const keys = parsed("full", { config, steps: 7 });
    assert.deepEqual([keys.beta, keys.steps, keys.temporal.modes], [0.5, 7, ["reverse"]]);
    const regression = keys.rewards.find(({ name }) => name === "regression");
    assert.equal(regression?.name === "regression" && regression.sigma, 0.25);
    assert.deepEqual(
      parsed("rank", { config }).rewards.map(({ name }) => name),
      ["format", "ranking"],
    );
  });

  const wrong: Record<string, [object, string]> = {
    "a key that is none": [{ learningRat: 1 }, "learningRat"],
    "a reward that is none of the table": [{ rewards: [{ name: "length" }] }, "config.rewards.0.name"],
    "a reward twice": [{ rewards: [{ name: "ranking" }, { name: "ranking" }] }, "each reward once"],
    "rewards that are no list": [{ rewards: {} }, "config.rewards"],
    "what the row says of perturbing": [{ temporal: { perturb: false } }, "config.temporal.perturb"],
    "one video a step beside a ranking": [{ videosPerStep: 1 }, "videosPerStep"],
  };
  for (const [name, [config, part]] of Object.entries(wrong))
    it(`refuse ${name}`, () => {
      assert.throws(() => rowKeys("full", plan({ config })), coded("E_OPTION", part));
    });
});

describe("startKeys", () => {
  it("are one recipe for every form", () => {
    const recipes = START_NAMES.map((start) => {
      const { motion, ...recipe } = startKeys(start, plan());
      assert.equal(motion, start !== "no-motion");
      return recipe;
    });
    assert.deepEqual(recipes[1], recipes[0]);
    assert.deepEqual(recipes[2], recipes[0]);
    assert.deepEqual([recipes[0]?.steps, recipes[0]?.learningRate], [400, 1e-3]);
  });

  it("see of a model of one's own what its learning sees, and learn as the user says", () => {
    const options = { ...mine, config: { dtype: "bfloat16" as const }, startConfig: { learningRate: 2e-6 } };
    const keys = parseMethod(startKeys("reasoning", plan({ ...options, startSteps: 5 })));
    assert.deepEqual(
      [keys.method, keys.dtype, keys.imageSize, keys.template, keys.learningRate, keys.steps],
      ["sft", "bfloat16", 448, "released-train", 2e-6, 5],
    );
    assert.ok(!startKeys("no-motion", plan(options)).trainable?.includes("motionProjector"));
  });

  it("refuse a key that is none", () => {
    const startConfig = { samples: 4 } as object;
    assert.throws(() => startKeys("reasoning", plan({ startConfig })), coded("E_OPTION", "samples"));
  });
});
