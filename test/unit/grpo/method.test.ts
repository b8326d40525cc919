/** What GRPO refuses while nothing is loaded: what its configuration alone shows. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { newlyRuled } from "../../../lib/core/rules.js";
import { grpoMethod } from "../../../lib/grpo/method.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { type TrainOptions, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const dataset = [0, 1, 2].map((i) => {
  writeFileSync(join(dir, `${i}-q20.mp4`), "");
  return { video: join(dir, `${i}-q20.mp4`), score: 2 };
});

async function refused(keys: Partial<TrainConfigInput>, message: RegExp, options: object = {}) {
  const out = join(dir, "run");
  const opened: string[] = [];
  const engine = fakeEngine(fakeState());
  const openModel: typeof engine.openModel = (name, load) => {
    opened.push(name);
    return engine.openModel(name, load);
  };
  const begun = train({ out, steps: 1, videosPerStep: 2, ...keys }, { dataset, ...options } as TrainOptions, {
    ...engine,
    openModel,
  });
  await assert.rejects(begun, { code: "E_OPTION", message });
  assert.deepEqual([opened, existsSync(out)], [[], false]);
}

test("a reward that compares videos needs two in a step", async () => {
  await refused(
    { videosPerStep: 1 },
    /^option videosPerStep: expected at least 2 with the ranking reward, found 1$/,
  );
  const rewards = [{ name: "regression" as const }, { name: "temporal" as const }];
  await refused(
    { videosPerStep: 1, rewards, temporal: { perturb: true } },
    /at least 2 with the temporal reward/,
  );
  grpoMethod(newlyRuled(parseConfig({ out: "x", videosPerStep: 1, rewards: [{ name: "regression" }] })));
  // A reward of the user's own says itself what it needs.
  grpoMethod(newlyRuled(parseConfig({ out: "x", videosPerStep: 1 })), { rewards: [() => []] });
});

test("more videos in a step than there are", async () => {
  await refused({ videosPerStep: 4 }, /videosPerStep: expected at most 3, the number of videos, found 4/);
});

test("rewards that do not go together are named by their place", async () => {
  await refused(
    { rewards: [{ name: "format" }, { name: "format" }] },
    /rewards\.1\.name: .*once, found "format"/,
  );
  await refused({ rewards: [{ name: "format" }, { name: "temporal" }] }, /temporal\.perturb: expected true/);
  await refused(
    { rewards: [{ name: "format" }, { name: "regression", unparsed: "random" }] },
    /option rewards\.1\.unparsed: expected "zero" or "drop" with variant "paper", found "random"/,
  );
});

test("numbers that the trainer would refuse later", async () => {
  await refused({ samples: 1 }, /^option samples: expected a number of at least 2, found 1$/);
  await refused({ optimizer: { beta1: 1 } }, /optimizer\.beta1: expected a number below 1, found 1/);
  await refused({ optimizer: { beta2: 1 } }, /optimizer\.beta2: expected a number below 1, found 1/);
  await refused({ optimizer: { epsilon: 1e-40 } }, /optimizer\.epsilon: expected a number of at least 1e-30/);
  await refused({ device: "tpu" }, /^option device: expected auto, cpu or cuda, found "tpu"$/);
  await refused(
    { labelRange: { min: 5, max: 1 } },
    /labelRange: expected min below max, found \{"min":5,"max":1\}/,
  );
});

test("parts of the user's own that are none", async () => {
  await refused({}, /option rewards: expected at least one reward, found none/, { rewards: [] });
  await refused({}, /option rewards: expected rewards by name or in a list, found 3/, { rewards: 3 });
  await refused({}, /option rewards\.1: expected a function, found "ranking"/, {
    rewards: [() => [], "ranking"],
  });
  await refused({}, /option rewards\.near: expected a function, found none/, {
    rewards: { near: undefined },
  });
  await refused({}, /option perturb: expected a function, found \[1,0\]/, { perturb: [1, 0] });
  await refused({}, /option schedule: expected a function, found 0\.1/, { schedule: 0.1 });
  await refused({}, /option onEvent: expected a function, found true/, { onEvent: true });
  await refused({}, /option sinks: expected a list, found \{\}/, { sinks: {} });
  await refused({}, /option sinks\[0\]\.event: expected a function, found none/, { sinks: [{}] });
});
