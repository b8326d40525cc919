/** Rewards of the user's own: how long they may take, where they lie, and what is left when they fail. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildRewards, type UserRewards } from "../../../lib/grpo/own-rewards.js";
import { rewardTable } from "../../../lib/rewards/combine.js";
import { formatReward } from "../../../lib/rewards/format.js";
import { type Reward, type RewardBatch, weighted } from "../../../lib/rewards/reward.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scored } from "../../helpers/reward-batch.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const batch = scored([
  { target: 3, scores: [3, 4] },
  { target: 1, scores: [1, 2] },
]);
const BODIES = {
  near: "({ videos }) => videos.map(({ target, answers }) => answers.map(({ score }) => target - score))",
  later: "async (batch) => near(batch)",
  loop: "() => { for (;;); }",
  never: "() => new Promise(() => {})",
  throws: "() => { throw new TypeError('no such thing'); }",
  elsewhere: "() => { setTimeout(() => { throw new Error('in a timer'); }); return new Promise(() => {}); }",
  leaves: "() => process.exit(3)",
  afterwards:
    "() => { setTimeout(() => { throw new Error('behind its answer'); }); return [[1, 1], [1, 1]]; }",
  unsendable: "() => [() => 1]",
  prints: "() => { console.log('a word'); process.stdout.write('another'); return [[1, 1], [1, 1]]; }",
  counts: "() => { n++; return [[n, n], [n, n]]; }",
};
const module = join(dir, "rewards.mjs");
writeFileSync(
  module,
  `let n = 0;\n${Object.entries(BODIES)
    .map(([name, body]) => `export const ${name} = ${body};\n`)
    .join("")}export default near;\nexport const text = "no reward";\n`,
);

/** What a run's rewards give one batch after the other, opened and closed. */
async function given(own: UserRewards, rewardTimeoutMs?: number, times = 1) {
  const rewards = buildRewards({ ...parseConfig({ out: "x" }), rewardTimeoutMs }, own);
  try {
    await rewards.open();
    const tables = [];
    for (let i = 0; i < times; i++) tables.push(await rewardTable(rewards.functions, batch));
    return tables;
  } finally {
    await rewards.close();
  }
}
const rejects = (own: UserRewards, code: string, message: RegExp, limitMs?: number) =>
  assert.rejects(given(own, limitMs), { code, message });

test("a module's reward gives the same in a thread of its own and without one", async () => {
  const expected = [
    [0, -1],
    [0, -1],
  ];
  for (const limit of [undefined, 20_000])
    for (const name of ["near", "later", "default"]) {
      const [table] = await given({ judge: { module, export: name, weight: 2 } }, limit);
      assert.deepEqual(table?.parts.get("judge"), expected);
      assert.deepEqual(table?.total.at(0), [0, -2]);
    }
  const [listed] = await given([{ module }, { module, export: "near" }]);
  assert.deepEqual([...(listed?.parts.keys() ?? [])], ["rewards", "near"]);
});

test("a thread keeps what its module keeps, from step to step", async () => {
  const tables = await given({ counts: { module, export: "counts" } }, 20_000, 3);
  assert.deepEqual(
    tables.map(({ total }) => total[0]?.[0]),
    [1, 2, 3],
  );
});

test("what never comes back is ended in time, loops too", async () => {
  const late = /^reward judge did not answer within 300 ms \(rewardTimeoutMs\) in step 3, asked about 0, 1; /;
  await rejects({ judge: { module, export: "loop" } }, "E_REWARD", late, 300);
  await rejects({ judge: { module, export: "never" } }, "E_REWARD", late, 300);
  await rejects({ judge: async () => new Promise<never>(() => {}) }, "E_REWARD", late, 300);
  const slow = weighted(async () => new Promise<never>(() => {}), 0.5);
  await rejects({ judge: slow }, "E_REWARD", late, 300);
});

test("what is in time keeps its weight, and the package's own rewards need no limit", async () => {
  const judge = weighted(
    async ({ videos }: RewardBatch) => videos.map(({ answers }) => answers.map(() => 4)),
    0.25,
  );
  const format = weighted(formatReward({ variant: "paper" }), 3);
  const [table] = await given({ judge, format }, 20_000);
  assert.deepEqual(table?.total, [
    [1, 1],
    [1, 1],
  ]);
});

test("what a thread throws, wherever, and a thread that ends are told by the reward's name", async () => {
  const own = (name: string) => ({ judge: { module, export: name } });
  await rejects(own("throws"), "E_REWARD", /^reward judge threw TypeError: no such thing in step 3/, 20_000);
  await rejects(own("throws"), "E_REWARD", /^reward judge threw TypeError: no such thing in step 3/);
  await rejects(own("elsewhere"), "E_REWARD", /^reward judge threw Error: in a timer in step 3/, 20_000);
  await rejects(
    own("leaves"),
    "E_REWARD",
    /^reward judge threw Error: its thread has ended \(code 3\)/,
    20_000,
  );
  await rejects(own("unsendable"), "E_REWARD", /^reward judge threw DataCloneError/, 20_000);
});

test("a thread that fails between two steps ends the next one, and no process", async () => {
  const rewards = buildRewards(
    { ...parseConfig({ out: "x" }), rewardTimeoutMs: 20_000 },
    { judge: { module, export: "afterwards" } },
  );
  await rewards.open();
  await assert.rejects(
    async () => {
      for (;;) await rewardTable(rewards.functions, batch);
    },
    { code: "E_REWARD", message: /^reward judge threw Error: behind its answer in step 3/ },
  );
  await rewards.close();
});

test("what a thread prints goes to standard error, so that standard output is the program's own", async (t) => {
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    const write = process[name].write.bind(process[name]);
    t.mock.method(process[name], "write", (text: Uint8Array | string) => {
      printed[name] += Buffer.from(text as string).toString("latin1");
      return write(text);
    });
  }
  const rewards = buildRewards(
    { ...parseConfig({ out: "x" }), rewardTimeoutMs: 20_000 },
    { judge: { module, export: "prints" } },
  );
  await rewards.open();
  await rewardTable(rewards.functions, batch);
  while (!/another/.test(printed.stdout + printed.stderr)) await new Promise((go) => setImmediate(go));
  await rewards.close();
  // What the test runner hears stands there, too.
  assert.doesNotMatch(printed.stdout, /a word|another/);
  assert.equal(printed.stderr, "a word\nanother");
});

test("a module that is none is refused before anything is asked", async () => {
  for (const limit of [undefined, 20_000]) {
    const refused = (own: UserRewards, message: RegExp) => rejects(own, "E_OPTION", message, limit);
    const gone = join(dir, "gone.mjs");
    await refused({ judge: { module: gone } }, /rewards\.judge: expected a module .*default.*gone\.mjs/);
    await refused([{ module, export: "missing" }], /rewards\.0: .* exports missing, .*exports .*near/);
    await refused(
      { judge: { module, export: "text" } },
      /rewards\.judge: expected a module that exports text/,
    );
  }
});

test("what else a program may say of a reward is held to what it means", () => {
  const refused = (own: unknown, message: RegExp) =>
    assert.throws(() => buildRewards(parseConfig({ out: "x" }), own as UserRewards), {
      code: "E_OPTION",
      message,
    });
  refused({ judge: { module, exports: "near" } }, /exports: no such option; did you mean export\?/);
  refused({ judge: { module, export: 3 } }, /rewards\.judge\.export: expected a name, found 3/);
  refused({ judge: { module, weight: Number.NaN } }, /rewards\.judge\.weight: expected a number .*NaN/);
  refused([Object.assign(async () => [], { weight: "2" })], /rewards\.0\.weight: expected a number .*"2"/);
  refused({ judge: { path: module } }, /rewards\.judge: expected a function/);
  assert.throws(() => parseConfig({ out: "x", rewardTimeoutMs: 2 ** 31 }), { code: "E_OPTION" });
});

test("a function that answers at once cannot have a time limit, and it is said why", () => {
  const own = (rewards: UserRewards) => () =>
    buildRewards({ ...parseConfig({ out: "x" }), rewardTimeoutMs: 100 }, rewards);
  const message =
    /rewards\.judge: expected an async function, .* with rewardTimeoutMs, found a function; .*module/;
  assert.throws(own({ judge: () => [] }), { code: "E_OPTION", message });
  assert.throws(own({ judge: weighted(() => [], 2) }), { code: "E_OPTION", message });
  assert.throws(own([() => []]), { code: "E_OPTION", message: /rewards\.0: expected an async/ });
});

test("in a configuration: by its export or file, relative to the working directory, absolute in config.json", () => {
  const { rewards } = parseConfig({
    out: "x",
    rewards: [
      { name: "own", module: "judge.mjs" },
      { name: "own", module: "b/c.mjs", export: "near", as: "mine" },
    ],
  });
  assert.deepEqual(
    rewards.map((reward) => (reward.name === "own" ? reward.module : "")),
    [join(process.cwd(), "judge.mjs"), join(process.cwd(), "b/c.mjs")],
  );
  const { functions } = buildRewards(parseConfig({ out: "x", rewards }));
  assert.deepEqual([...functions.keys()], ["judge", "mine"]);
});

const videos = [1, 2, 3].map((score) => ({ video: join(dir, `v${score}-q${score}0.mp4`), score }));
for (const { video } of videos) writeFileSync(video, "");
const config = (out: string, more: Partial<TrainConfigInput> = {}): TrainConfigInput => ({
  ...{
    out: join(dir, out),
    model: "fake",
    steps: 3,
    videosPerStep: 3,
    learningRate: 0.1,
    schedule: "constant",
  },
  ...more,
});

test("a reward that fails in a run changes nothing: the step before is saved, and the run goes on from it", async () => {
  for (const [name, value, code] of [
    ["throws", new Error("away"), "E_REWARD"],
    ["nan", Number.NaN, "E_NUMERIC"],
    ["hole", undefined, "E_OPTION"],
    ["late", null, "E_REWARD"],
  ] as const) {
    const state = fakeState(1);
    let updates = 0;
    state.onUpdate = () => updates++;
    const fails = async ({ step, videos: asked }: RewardBatch) => {
      if (step === 2 && value instanceof Error) throw value;
      if (step === 2 && value === null) await new Promise(() => {});
      return asked.map(({ answers }) => answers.map(() => (step === 2 ? (value as number) : 0)));
    };
    const { formats, run } = {
      formats: formatReward({ variant: "paper" }),
      run: config(name, { rewardTimeoutMs: 200 }),
    };
    const failing = train(run, { dataset: videos, rewards: { fails, formats } }, fakeEngine(state));
    await assert.rejects(failing, { code, message: /reward fails.*(step 2|of video .*-q\d0\.mp4)/ });
    assert.equal(updates, 1, name);
    assert.ok(existsSync(join(dir, name, "checkpoints", "step-1")));
  }
  const mended = async ({ videos: all }: RewardBatch) => all.map(({ answers }) => answers.map(() => 0));
  const rewards = { fails: mended, formats: formatReward({ variant: "paper" }) };
  const { step } = await resumeTraining(
    join(dir, "throws"),
    { dataset: videos, rewards },
    fakeEngine(fakeState(9)),
  );
  assert.equal(step, 3);
});

test("an answer that nobody judges is left out of its group, and the run's figures say so", async () => {
  mkdirSync(join(dir, "none"), { recursive: true });
  const judge = ({ videos: all }: RewardBatch) =>
    all.map(({ answers }, i) => answers.map((_, k) => (i === 0 || k === 1 ? null : k)));
  const state = fakeState(1);
  const events: Record<string, unknown>[] = [];
  const { run } = await train(
    config("left", { steps: 1, samples: 4 }),
    { dataset: videos, rewards: { judge }, onEvent: (event) => events.push({ ...event }) },
    fakeEngine(state),
  );
  const step = events.find(({ type }) => type === "step");
  assert.deepEqual(
    [step?.["reward"], step?.["rewards"], step?.["unscored"], step?.["varying"], step?.["silentGroups"]],
    [5 / 3, { judge: 5 / 3 }, 0.5, { judge: 2 / 3 }, 1 / 3],
  );
  const lines = readFileSync(join(run, "completions.jsonl"), "utf8").trim().split("\n");
  const answers = lines.map(
    (line) => (JSON.parse(line) as { answers: { rewards: object; advantage: number }[] }).answers,
  );
  assert.deepEqual(
    answers.map((group) => group.map(({ advantage }) => Math.sign(advantage))),
    [
      [0, 0, 0, 0],
      [-1, 0, 1, 1],
      [-1, 0, 1, 1],
    ],
  );
  assert.deepEqual(answers[1]?.[1]?.rewards, { judge: null });
  const check = events.find(({ type }) => type === "dryCheck");
  assert.deepEqual(check?.["rewards"], { judge: { teaches: 2 / 3, leftOut: 0.5 } });
});

test("a run whose reward never answers stops when it is told to: the step is given up", async () => {
  const stop = new AbortController();
  const judge: Reward = ({ step, videos }) => {
    if (step < 2) return videos.map(({ answers }) => answers.map(({ score }) => score));
    setTimeout(() => stop.abort(), 20);
    return new Promise(() => {});
  };
  const options = { dataset: videos, rewards: { judge }, signal: stop.signal };
  const summary = await train(config("endless"), options, fakeEngine(fakeState()));
  assert.deepEqual([summary.step, summary.stopped], [1, true]);
});
