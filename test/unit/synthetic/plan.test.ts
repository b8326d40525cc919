/** Plans: a function of set, seed and index; sets keep to their own content and distortions; freezes that sampling sees. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { srcc } from "../../../lib/eval/correlation.js";
import { FRAMES, SET_KINDS } from "../../../lib/synthetic/geometry.js";
import { DISTORTIONS, UNSEEN_DISTORTIONS } from "../../../lib/synthetic/opinion.js";
import { planClip } from "../../../lib/synthetic/plan.js";
import { planSet } from "../../../lib/synthetic/render-set.js";
import { SEEN_CONTENT } from "../../../lib/synthetic/textures.js";
import { planFrames } from "../../../lib/video/frame-plan.js";

const plans = Object.fromEntries(SET_KINDS.map((kind) => [kind, planSet({ kind, count: 400, seed: 3 })]));

test("a plan depends on its set, seed and index, and on nothing else", () => {
  assert.deepEqual(planClip("train", 3, 17), plans["train"]?.[17]);
  const first = new Set(
    SET_KINDS.flatMap((kind) =>
      [0, 1].map(
        (seed) => JSON.stringify(planClip(kind, seed, 5).severities) + planClip(kind, seed, 5).score,
      ),
    ),
  );
  assert.equal(first.size, 2 * SET_KINDS.length);
});

test("unseen content and unseen distortions are in no other set", () => {
  const seen = Object.keys(SEEN_CONTENT);
  for (const [kind, list] of Object.entries(plans)) {
    for (const { content, severities } of list) {
      assert.equal(seen.includes(content), kind !== "unseen-content", `${kind}: ${content}`);
      const allowed: readonly string[] = kind === "unseen-distortion" ? UNSEEN_DISTORTIONS : DISTORTIONS;
      for (const name of Object.keys(severities)) assert.ok(allowed.includes(name), `${kind}: ${name}`);
    }
  }
});

test("clips have none to three distortions, and scores that spread over the scale", () => {
  for (const list of Object.values(plans)) {
    const counts = new Set(list.map(({ severities }) => Object.keys(severities).length));
    assert.deepEqual([...counts].sort(), [0, 1, 2, 3]);
    const scores = list.map(({ score }) => score).sort((a, b) => a - b);
    assert.ok(scores.every((score) => score >= 1 && score <= 5));
    assert.ok(
      (scores[40] ?? 5) < 2 && (scores[200] ?? 0) > 2 && (scores[200] ?? 5) < 3.5 && (scores[360] ?? 0) > 4,
    );
  }
});

test("the score falls with the sum of severities", () => {
  const list = plans["in-domain"] ?? [];
  const sums = list.map(({ severities }) => Object.values(severities).reduce((sum, value) => sum + value, 0));
  assert.ok(
    srcc(
      sums,
      list.map(({ score }) => score),
    ) < -0.95,
  );
});

test("a freeze repeats as many frames as planned, shows in the sampled frames, and ends in a jump to real time", () => {
  let frozen = 0;
  for (const { moments, severities } of plans["in-domain"] ?? []) {
    let repeats = 0;
    for (let i = 1; i < FRAMES; i++) {
      const stays = moments[i] === moments[i - 1];
      if (stays) repeats++;
      else assert.equal(moments[i], i);
    }
    assert.equal(moments[0], 0);
    assert.equal(repeats > 0, severities.stutter !== undefined);
    if (repeats === 0) continue;
    frozen++;
    const sampled = [...planFrames(FRAMES, 6)].map((index) => moments[index]);
    assert.ok(new Set(sampled).size < sampled.length, `moments ${moments.join(" ")}`);
  }
  assert.ok(frozen > 50);
});
