/** Laws of the perturbations that decode other frames. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { streamOf } from "../../../lib/core/rng.js";
import { drawnPerturbation, PERTURBATION_MODES, randomPerturbation } from "../../../lib/data/perturb.js";
import { DECODED_MODES, decodedPerturbation } from "../../../lib/data/perturb-decoded.js";

const all = (frames: number) => Int32Array.from({ length: frames }, (_, i) => i);
const moved = (mode: (typeof DECODED_MODES)[number], frames: number) =>
  Array.from({ length: 300 }, (_, i) =>
    Array.from(decodedPerturbation(mode, streamOf("test", i))(all(frames), frames)),
  );

test("frames stay inside and in order, and the same stream gives the same", () => {
  for (const mode of DECODED_MODES)
    for (const frames of [1, 2, 3, 7, 240]) {
      for (const plan of moved(mode, frames)) {
        assert.equal(plan.length, frames);
        assert.ok(plan.every((t, i) => Number.isInteger(t) && t >= (plan[i - 1] ?? 0) && t < frames));
        if (frames > 1) assert.notDeepEqual(plan, [...all(frames)], `${mode} of ${frames}`);
      }
      assert.deepEqual(moved(mode, frames), moved(mode, frames));
    }
});

test("freeze: one frame stands for a quarter to a half of the video, and the rest is where it was", () => {
  const lengths = new Set<number>();
  for (const plan of moved("freeze", 240)) {
    const start = plan.findIndex((t, i) => plan[i + 1] === t);
    const end = plan.lastIndexOf(plan[start] ?? -1);
    assert.deepEqual(
      plan,
      [...all(240)].map((t) => (t >= start && t <= end ? start : t)),
    );
    assert.ok(end - start >= 60 && end - start <= 120, `${end - start}`);
    lengths.add(end - start);
  }
  assert.ok(lengths.size > 30);
});

test("skip: a quarter to a half of the video is not shown, and the last frame stands at the end", () => {
  const starts = new Set<number>();
  for (const plan of moved("skip", 240)) {
    const start = plan.findIndex((t, i) => t !== i);
    const part = (plan[start] ?? 0) - start;
    assert.deepEqual(
      plan,
      [...all(240)].map((t) => (t < start ? t : Math.min(t + part, 239))),
    );
    assert.ok(part >= 60 && part <= 120, `${part}`);
    starts.add(start);
  }
  assert.ok(starts.size > 30 && Math.min(...starts) < 20);
});

test("chosen frames of a file are moved alike, however few they are", () => {
  const plan = decodedPerturbation("skip", 5n);
  const whole = plan(all(240), 240);
  const chosen = Int32Array.of(20, 60, 100, 140, 180, 220);
  assert.deepEqual(
    Array.from(plan(chosen, 240)),
    [...chosen].map((t) => whole[t]),
  );
  assert.throws(() => plan(chosen, 0), { code: "E_OPTION", message: /frameCount/ });
  assert.throws(() => decodedPerturbation("cut" as never, 0n), { code: "E_OPTION", message: /mode/ });
});

test("each of the modes is drawn, and the six draw as they did without the others", () => {
  const modes = [...PERTURBATION_MODES, ...DECODED_MODES];
  const drawn = Array.from({ length: 400 }, (_, i) => drawnPerturbation(6, streamOf("drawn", i), modes));
  assert.equal(new Set(drawn.map(({ mode }) => mode)).size, modes.length);
  for (const { mode, plan } of drawn)
    assert.equal(typeof plan === "function", DECODED_MODES.includes(mode as never), mode);
  for (let i = 0; i < 50; i++) {
    const stream = streamOf("same", i);
    const { mode, indices } = randomPerturbation(6, stream);
    assert.deepEqual(drawnPerturbation(6, stream, PERTURBATION_MODES), { mode, plan: indices });
  }
  assert.throws(() => drawnPerturbation(6, 0n, []), { code: "E_OPTION", message: /modes\.length/ });
});
