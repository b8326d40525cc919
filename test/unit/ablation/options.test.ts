/** What an ablation is given: what it means, and what is refused before anything is read or made. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { type AblateOptions, planOf } from "../../../lib/ablation/options.js";
import { ROW_NAMES } from "../../../lib/ablation/table.js";
import { coded } from "../../helpers/refused.js";

const lists = { data: "train.csv", inDomain: ["a/test.csv", "b/test.csv"], outOfDomain: ["other.jsonl"] };

describe("planOf", () => {
  it("has defaults for everything but the folder", () => {
    const plan = planOf({ out: "here" });
    assert.deepEqual(plan.seeds, [1, 2, 3]);
    assert.deepEqual(plan.rows, ROW_NAMES);
    assert.deepEqual(plan.starts, ["reasoning", "no-motion", "no-reasoning"]);
    assert.deepEqual(
      [plan.model, plan.isShipped, plan.clips, plan.temporal],
      ["tiny-start", true, { train: 200, heldOut: 300 }, "answer"],
    );
    assert.equal(plan.data, resolve("here/data/train.jsonl"));
    assert.deepEqual(
      plan.sets.map(({ name, domain }) => [name, domain]),
      [
        ["in-domain", "inDomain"],
        ["unseen-content", "outOfDomain"],
        ["unseen-distortion", "outOfDomain"],
      ],
    );
  });

  it("puts rows in the table's order and makes no start that no row begins with", () => {
    const { rows, starts } = planOf({ out: "x", rows: ["full", "no-motion", "full"] });
    assert.deepEqual(
      [rows, starts],
      [
        ["no-motion", "full"],
        ["reasoning", "no-motion"],
      ],
    );
  });

  it("calls a set as its file, and by its path where two files are called alike", () => {
    const { sets, clips } = planOf({ out: "x", ...lists });
    assert.equal(clips, null);
    assert.deepEqual(
      sets.map(({ name }) => name),
      [resolve("a/test.csv"), resolve("b/test.csv"), "other"],
    );
  });

  it("takes a model's keys without those that are said elsewhere", () => {
    const { config, startConfig } = planOf({
      out: "x",
      config: { steps: 9, beta: 0 },
      steps: 4,
      startSteps: 7,
    });
    assert.deepEqual([config, startConfig], [{ steps: 4, beta: 0 }, { steps: 7 }]);
  });

  const mine = { model: "dir", ...lists };
  const cases: Record<string, [object, string]> = {
    "no folder": [{}, "out"],
    "another table": [{ out: "x", table: 1 }, "table"],
    "no seed": [{ out: "x", seeds: 0 }, "seeds"],
    "a row that is none": [{ out: "x", rows: ["ful"] }, 'did you mean "full"?'],
    "no row": [{ out: "x", rows: [] }, "rows"],
    "held-out lists without one to train on": [{ out: "x", inDomain: ["a"] }, "inDomain"],
    "no list of a domain": [{ out: "x", data: "a", inDomain: ["a"] }, "outOfDomain"],
    "clips beside lists": [{ out: "x", ...lists, clips: 3 }, "clips"],
    "too few held-out clips": [{ out: "x", heldOut: 2 }, "heldOut"],
    "a model of one's own without a prompt": [{ out: "x", ...mine }, "prompt"],
    "and without the other one": [{ out: "x", ...mine, prompt: "p" }, "answerPrompt"],
    "a key that the table says": [{ out: "x", config: { motion: false } }, "config.motion"],
    "a key of another option": [{ out: "x", startConfig: { model: "tiny" } }, "startConfig.model"],
    "a reply of one's own": [{ out: "x", startConfig: { reply: "good" } }, "startConfig.reply"],
    "keys that are none": [{ out: "x", config: "file.json" }, "config"],
    "steps that are none": [{ out: "x", steps: 0 }, "steps"],
    "steps of a start that are none": [{ out: "x", startSteps: 0 }, "option startSteps: "],
    "a reading that is none": [{ out: "x", temporal: "both" }, "temporal"],
    "two words on the temporal reward": [
      { out: "x", temporal: "printed", config: { rewards: [{ name: "temporal" }] } },
      "none beside a temporal reward",
    ],
    "a signal that is none": [{ out: "x", signal: {} }, "signal"],
    "an option that is none": [{ out: "x", seed: 1 }, "did you mean seeds?"],
  };
  for (const [name, [options, part]] of Object.entries(cases))
    it(`refuses ${name}`, () => {
      assert.throws(() => planOf(options as AblateOptions), coded("E_OPTION", part));
    });

  it("needs no second prompt without the row that it is for", () => {
    const { answerPrompt, prompt } = planOf({ out: "x", ...mine, prompt: "p", rows: ["full"] });
    assert.deepEqual([prompt, answerPrompt], [resolve("p"), null]);
  });
});
