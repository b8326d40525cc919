/** Collapses are told once each, of recorded runs and of steps that are made up; a run that is well is told nothing. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CollapseWatch } from "../../../lib/grpo/collapse.js";
import type { StepEvent } from "../../../lib/grpo/event.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { golden } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const WELL = {
  ...{
    type: "step" as const,
    steps: 300,
    learningRate: 1e-6,
    seconds: 1,
    rolloutSeconds: 1,
    updateSeconds: 1,
  },
  ...{ reward: 2, rewards: {}, varying: {}, unscored: 0, silentGroups: 0, groupSpread: 0.3 },
  ...{ loss: 0, gradNorm: 1, clipFraction: 0, completionTokens: 100 },
  ...{ parsed: 0.97, scoreSpread: 1.1, targetSpread: 1, answerTokens: 27, kl: 0.1, ratio: 1 },
};
const recording = golden("collapse") as Record<"3e-4" | "1e-3", number[][]> & { measures: string[] };
const recorded = (rate: "3e-4" | "1e-3") =>
  recording[rate].map((values) => ({
    ...WELL,
    ...Object.fromEntries(recording.measures.map((name, i) => [name, values[i]])),
  }));

/** Step and message of every warning. */
function told(events: readonly object[], maxNewTokens = 40): [number, string][] {
  const watch = new CollapseWatch({ maxNewTokens });
  return events.flatMap((event, i) =>
    watch
      .observe({ ...WELL, step: i + 1, ...event } as StepEvent)
      .map(({ message }): [number, string] => [i + 1, message]),
  );
}
/** Fifty steps that are well, then fifty of these. */
const turned = (now: object, then: object = {}, maxNewTokens?: number) =>
  told([...Array.from({ length: 50 }, () => then), ...Array.from({ length: 50 }, () => now)], maxNewTokens);
const onlyOne = (found: [number, string][], message: RegExp) => {
  assert.equal(found.length, 1, JSON.stringify(found));
  assert.match(found[0]?.[1] ?? "", message);
  assert.ok((found[0]?.[0] ?? 0) > 50);
};

test("the demonstration at its own learning rate is well; at 1e-3 it is warned of long before step 150", () => {
  assert.deepEqual(told(recorded("3e-4")), []);
  const [first, ...more] = told(recorded("1e-3"));
  assert.deepEqual(more, []);
  assert.equal(first?.[0], 36);
  assert.match(
    first?.[1] ?? "",
    /^collapse, over the last 20 steps: the model has left its reference: KL 0\.4\d a token/,
  );
});

test("one score for all videos", () => {
  onlyOne(turned({ scoreSpread: 0.05 }), /nearly the same score: scores spread 5 % as far as the labels do/);
  assert.deepEqual(turned({ scoreSpread: 0.2 }), []);
  // A run that began so has not collapsed; no score at all, or labels that are all alike, say nothing of it.
  assert.deepEqual(turned({ scoreSpread: 0.05 }, { scoreSpread: 0.05 }), []);
  assert.deepEqual(turned({ scoreSpread: null }), []);
  assert.deepEqual(turned({ scoreSpread: 0, targetSpread: 0 }), []);
  // A step now and then whose labels are all alike hides nothing.
  const often = Array.from({ length: 60 }, (_, i) => ({
    scoreSpread: i < 30 ? 1 : 0.05,
    targetSpread: i % 3 === 0 ? 0 : 1,
  }));
  assert.equal(told(often).length, 1);
  // Nor does a collapse within the first steps.
  const early = Array.from({ length: 30 }, (_, i) => (i < 3 ? {} : { scoreSpread: 0.01 }));
  assert.equal(told(early).length, 1);
});

test("answers that lose their form, which they once had", () => {
  onlyOne(turned({ parsed: 0.5 }), /answers lose their form: 6\d % hold a score, 97 % did/);
  assert.deepEqual(turned({ parsed: 0.75 }), []);
  assert.deepEqual(turned({ parsed: 0.9 }, { parsed: 0.1 }), []);
  const early = Array.from({ length: 30 }, (_, i) => ({ parsed: i < 6 ? 1 : 0.1 }));
  assert.match(told(early)[0]?.[1] ?? "", /lose their form/);
});

test("answers that grow, to twice what they were or to where they are cut", () => {
  onlyOne(
    turned({ answerTokens: 80 }, {}, 2048),
    /answers grow: \d+ tokens each, 27 at first, maxNewTokens 2048/,
  );
  onlyOne(turned({ answerTokens: 40 }), /answers grow: \d+ tokens each, 27 at first, maxNewTokens 40/);
  assert.deepEqual(turned({ answerTokens: 50 }, {}, 2048), []);
  assert.deepEqual(turned({ answerTokens: 40 }, { answerTokens: 39 }), []);
});

test("entropy that is gone and a ratio that is far from 1, where they are measured", () => {
  onlyOne(
    turned({ entropy: 0.01 }, { entropy: 1 }),
    /without any doubt: entropy 0\.0\d+ a token, 1\.000 at first/,
  );
  assert.deepEqual(turned({ entropy: 0.5 }, { entropy: 1 }), []);
  onlyOne(
    turned({ ratio: 2 }),
    /from another model than the one that learns: the ratio is 0\.5\d away from 1/,
  );
});

const dir = scratchFolder();
const dataset = [1, 2, 3, 4].map((score) => ({ video: join(dir, `v-q${score}0.mp4`), score }));
for (const { video } of dataset) writeFileSync(video, "");
const config = (out: string, onCollapse?: "warn" | "stop") => ({
  ...{ out: join(dir, out), model: "fake", steps: 24, videosPerStep: 4, samples: 2, learningRate: 0 },
  ...(onCollapse === undefined ? {} : { onCollapse }),
});
/** From the third step on every video gets nearly the same score. */
const collapsed = (from = 3) => {
  const state = fakeState();
  state.write = (score) => {
    const said = state.generateCalls < from ? score : 3 + score / 1000;
    return `<think>so</think><answer>${said.toFixed(4)}</answer>`;
  };
  return state;
};
const linesOf = (run: string) => readFileSync(join(run, "events.jsonl"), "utf8").trim().split("\n");
const warnings = (run: string) =>
  linesOf(run)
    .map((line) => JSON.parse(line) as { type: string; afterStep: number; message: string })
    .filter(({ type, message }) => type === "warning" && message.startsWith("collapse"));

test("a collapse is told and the run goes on, unless it is to stop: then it is saved, and goes on when that is asked for", async () => {
  const warned = await train(config("warned"), { dataset }, fakeEngine(collapsed()));
  assert.deepEqual([warned.step, warnings(warned.run).length], [24, 1]);

  const stopping = config("stopped", "stop");
  await assert.rejects(train(stopping, { dataset }, fakeEngine(collapsed())), {
    code: "E_COLLAPSE",
    message: /^collapse, over the last 20 steps: all videos get nearly the same score/,
  });
  assert.deepEqual(
    warnings(stopping.out).map(({ afterStep }) => afterStep),
    [20],
  );
  assert.ok(existsSync(join(stopping.out, "checkpoints", "step-20")));
  const { step } = await resumeTraining(stopping.out, { dataset }, fakeEngine(collapsed(0)));
  assert.deepEqual([step, warnings(stopping.out).length], [24, 1]);
});
