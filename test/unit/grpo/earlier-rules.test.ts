/** A run goes on reading answers as it read them when it began. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readAsBegun } from "../../../lib/grpo/earlier-rules.js";
import { configuredRewards } from "../../../lib/grpo/rewards.js";
import { parseConfig } from "../../../lib/run/config.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { parseAnswer } from "../../../lib/text/answer.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { batchOf } from "../../helpers/reward-batch.js";
import { scratchFolder } from "../../helpers/video-files.js";

const config = parseConfig({ out: "run" });
const twoBlocks = "<think>a</think><answer>3</answer><answer>3,5</answer>";

async function earned(rules: 1 | 2): Promise<unknown> {
  const { answers, ...keys } = readAsBegun({ ...config, rules });
  const format = configuredRewards(keys).get("format");
  assert.ok(typeof format === "function");
  const given = await format(batchOf([{ target: 3, texts: [twoBlocks] }]));
  return [parseAnswer(twoBlocks, { variant: answers }).score, given.flatMap((group) => Array.from(group))];
}

test("by rules 1 the first number is the score and two blocks have the format", async () => {
  assert.deepEqual(await earned(1), [3, [1]]);
  assert.deepEqual(await earned(2), [null, [0]]);
});

test("what a run named itself stays", () => {
  for (const answers of ["released", "strict"] as const)
    assert.equal(readAsBegun({ ...config, answers, rules: 1 as const }).answers, answers);
  const latest = { ...config, rules: 2 as const };
  assert.deepEqual(readAsBegun(latest), latest);
});

test("a run that is gone on with reads answers as when it began, a new one by the latest rules", async () => {
  const dir = scratchFolder();
  const dataset = [1, 2].map((score) => ({ video: join(dir, `${score}-q${score}0.mp4`), score }));
  for (const { video } of dataset) writeFileSync(video, "");
  const state = fakeState(1.5);
  state.write = (score) => `<think>so</think><answer>${score.toFixed(0)},5</answer>`;
  const engine = fakeEngine(state);
  const keys = { out: join(dir, "run"), model: "fake", steps: 1, videosPerStep: 2, maxNewTokens: 64 };
  const { run } = await train(keys, { dataset }, engine);
  const scores = (step: number) =>
    readFileSync(join(run, "completions.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { step: number; answers: { score: number | null }[] })
      .flatMap((line) => (line.step === step ? line.answers.map(({ score }) => score) : []));
  assert.deepEqual(new Set(scores(1)), new Set([null]));
  const file = join(run, "config.json");
  const { rules, ...before } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  assert.equal(rules, 2);
  writeFileSync(file, JSON.stringify({ ...before, steps: 2 }));
  await resumeTraining(run, { dataset }, engine);
  assert.equal(scores(2).length, 8);
  for (const score of scores(2)) assert.ok(Number.isInteger(score), String(score));
});
