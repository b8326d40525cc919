/** The released plan against numbers of the public trainer; the uniform plan against its law. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { planFrames } from "../../../lib/video/frame-plan.js";

test("the released plan", () => {
  const recorded: [number, number, string][] = [
    [300, 6, "24 74 124 174 223 273"],
    [240, 6, "19 59 99 139 178 218"],
    [192, 6, "15 47 79 111 142 174"],
    [300, 12, "12 37 62 87 112 137 162 186 211 236 261 286"],
    [240, 12, "9 29 49 69 89 109 129 148 168 188 208 228"],
    [13, 12, "0 1 2 3 4 5 6 7 8 9 10 11"],
    [8, 6, "0 1 2 4 5 6"],
    [8, 12, "0 1 1 2 2 3 4 4 5 5 6 6"],
    [5, 12, "0 0 1 1 1 2 2 2 3 3 3 4"],
    [2, 6, "0 0 0 0 1 1"],
    [1, 6, "0 0 0 0 0 0"],
  ];
  for (const [count, frames, expected] of recorded)
    assert.equal(planFrames(count, frames).join(" "), expected, `${count}/${frames}`);
});

test("the uniform plan takes the middle of each part", () => {
  assert.deepEqual([...planFrames(12, 4, "uniform")], [1, 4, 7, 10]);
  assert.deepEqual([...planFrames(1, 3, "uniform")], [0, 0, 0]);
});

test("the plan of fragments, by what is said of them or the defaults", () => {
  assert.deepEqual([...planFrames(100, 5, "fragments")], [48, 49, 50, 51, 50]);
  assert.deepEqual([...planFrames(100, 5, "fragments", { neighbours: 2 })], [24, 25, 74, 75, 50]);
  assert.throws(() => planFrames(100, 6, "fragments"), {
    code: "E_OPTION",
    message: /^option frames: .*5, /,
  });
  assert.throws(() => planFrames(100, 5, "fragments", { neighbours: 0 }), {
    message: /fragments\.neighbours/,
  });
  // A function chooses frames; what is said of fragments has them cut, and so in groups.
  assert.deepEqual([...planFrames(10, 3, () => [9, 0, 1], { neighbours: 2 })], [9, 0, 1]);
  assert.throws(() => planFrames(10, 4, () => [9, 0, 1, 2], { neighbours: 2 }), {
    message: /^option frames/,
  });
  for (const sampling of ["uniform", undefined] as const)
    assert.throws(() => planFrames(10, 5, sampling, {}), {
      code: "E_OPTION",
      message:
        /^option fragments: expected none with sampling "(uniform|released)", found \{\}; .*"fragments"/,
    });
});

test("every plan rises and stays inside the video", () => {
  for (const sampling of ["released", "uniform"] as const) {
    for (let count = 1; count < 60; count++) {
      const plan = planFrames(count, 7, sampling);
      assert.ok(plan.every((index, i) => index >= (plan[i - 1] ?? 0) && index < count));
    }
  }
});

test("a plan of the user's own is checked", () => {
  assert.deepEqual([...planFrames(10, 2, () => [9, 0])], [9, 0]);
  assert.throws(() => planFrames(10, 2, () => [10, 0]), { code: "E_OPTION" });
  assert.throws(() => planFrames(10, 2, () => [1]), { code: "E_OPTION" });
  const unknown = "unifrom" as "uniform";
  assert.throws(() => planFrames(10, 2, unknown), {
    code: "E_OPTION",
    message: /sampling: .*"unifrom".*did you mean "uniform"/,
  });
  const list = [0, 1] as unknown as "uniform";
  assert.throws(() => planFrames(10, 2, list), {
    code: "E_OPTION",
    message: /^option sampling: .*a function/,
  });
  assert.throws(() => planFrames(0, 2), { code: "E_OPTION", message: /frameCount/ });
});
