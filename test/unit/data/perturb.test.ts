/** Laws of the six temporal perturbations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { streamOf } from "../../../lib/core/rng.js";
import { PERTURBATION_MODES, perturbation, randomPerturbation } from "../../../lib/data/perturb.js";

const plans = (mode: (typeof PERTURBATION_MODES)[number], frames: number) =>
  Array.from({ length: 300 }, (_, i) => [...perturbation(mode, frames, streamOf("test", i))]);
const identity = (frames: number) => Array.from({ length: frames }, (_, i) => i);

test("every plan has the clip's length and names frames of it; the same stream gives the same plan", () => {
  for (const mode of PERTURBATION_MODES) {
    for (const frames of [1, 2, 6, 12]) {
      for (const plan of plans(mode, frames)) {
        assert.equal(plan.length, frames);
        assert.ok(plan.every((t) => Number.isInteger(t) && t >= -1 && t < frames));
      }
      assert.deepEqual(plans(mode, frames), plans(mode, frames));
    }
  }
});

test("shuffle permutes, local shuffle within windows of four, reverse reverses", () => {
  for (const plan of plans("shuffle", 6))
    assert.deepEqual(
      [...plan].sort((a, b) => a - b),
      identity(6),
    );
  assert.ok(plans("shuffle", 6).some((plan) => (plan[0] ?? 0) >= 4));
  for (const plan of plans("localShuffle", 6)) {
    assert.deepEqual(plan.slice(0, 4).sort(), [0, 1, 2, 3]);
    assert.deepEqual(plan.slice(4).sort(), [4, 5]);
  }
  assert.deepEqual([...perturbation("reverse", 4, 0n)], [3, 2, 1, 0]);
});

test("jitter moves by one at most and stays inside", () => {
  const moves = new Set<number>();
  for (const plan of plans("jitter", 6)) for (const [t, source] of plan.entries()) moves.add(source - t);
  assert.deepEqual(
    [...moves].sort((a, b) => a - b),
    [-1, 0, 1],
  );
});

test("duplicate repeats one frame, keeps the order of the others and the length", () => {
  const most = new Set<number>();
  for (const plan of plans("duplicate", 6)) {
    const counts = new Map<number, number>();
    for (const t of plan) counts.set(t, (counts.get(t) ?? 0) + 1);
    const repeated = [...counts].filter(([, count]) => count > 1).map(([t]) => t);
    assert.ok(repeated.length <= 1 && Math.max(...counts.values()) <= 4);
    const others = plan.filter((t) => t !== repeated[0]);
    if (repeated.length === 1)
      assert.deepEqual(
        others,
        [...others].sort((a, b) => a - b),
      );
    most.add(6 - counts.size);
  }
  // r copies in and r frames out leave r (or r − 1, when the copied frame itself went) frames unseen.
  assert.deepEqual([...most].sort(), [0, 1, 2, 3]);
});

test("random drop empties one to three frames and moves none", () => {
  const dropped = new Set<number>();
  for (const plan of plans("randomDrop", 6)) {
    assert.ok(plan.every((source, t) => source === -1 || source === t));
    dropped.add(plan.filter((t) => t === -1).length);
  }
  assert.deepEqual([...dropped].sort(), [1, 2, 3]);
});

test("a random perturbation uses every mode, or those that were asked for", () => {
  const modes = new Set(Array.from({ length: 200 }, (_, i) => randomPerturbation(6, BigInt(i)).mode));
  assert.deepEqual([...modes].sort(), [...PERTURBATION_MODES].sort());
  for (let i = 0; i < 20; i++) assert.equal(randomPerturbation(6, BigInt(i), ["reverse"]).mode, "reverse");
});
