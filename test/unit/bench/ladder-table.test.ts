/** Ladders by hand: order within a clip, ties, pairs two levels apart, words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clipsOfAll,
  ladderTable,
  orderedPairs,
  pooled,
  type Rung,
  withinClips,
} from "../../../bench/ladder-table.js";

const rungs: Rung[] = ["a", "b"].flatMap((clip) =>
  [1, 2, 3, 4, 5].map((level) => ({
    id: `${clip}-blur-${level}`,
    clip,
    ladder: "blur",
    level,
    kind: "blur",
    score: 5 - level,
  })),
);
const measured = (of: (rung: Rung) => number) => new Map(rungs.map((rung) => [rung.id, of(rung)]));

test("a measure that falls with the level is 1 within clips, whatever its scale in each; one that says one number is 0", () => {
  const falls = measured(({ clip, level }) => (clip === "a" ? 50 : 0) - level);
  assert.equal(withinClips(rungs, "blur", falls), 1);
  assert.equal(orderedPairs(rungs, "blur", falls), 1);
  const flat = measured(() => 3);
  assert.equal(withinClips(rungs, "blur", flat), 0);
  assert.equal(orderedPairs(rungs, "blur", flat), 0);
});

test("neighbours may change places: pairs two levels apart still count", () => {
  const order = [0, 1, 0, 3, 2, 4];
  const swapped = measured(({ level }) => -(order[level] as number));
  assert.ok(withinClips(rungs, "blur", swapped) < 1);
  assert.equal(orderedPairs(rungs, "blur", swapped), 1);
});

test("a score that is missing orders no pair", () => {
  const missing = new Map([...measured(({ level }) => -level)].filter(([id]) => id !== "a-blur-1"));
  assert.equal(orderedPairs(rungs, "blur", missing), 9 / 12);
});

test("pooled over clips, what has no number is left out; clips of all measures lack none", () => {
  const falls = measured(({ level }) => -level);
  assert.equal(pooled(rungs, falls), 1);
  const halved = new Map([...falls].map(([id, value]) => [id, id === "b-blur-3" ? null : value]));
  assert.equal(pooled(rungs, halved), 1);
  assert.deepEqual(clipsOfAll(rungs, [falls, halved]), ["a"]);
  assert.deepEqual(clipsOfAll(rungs, [falls]), ["a", "b"]);
});

test("a row for each ladder and one for all, with the words of the three stronger levels", () => {
  const answers = new Map(rungs.map(({ id, level }) => [id, level >= 4 ? "severe blur" : "clean"]));
  const lines = ladderTable(rungs, { score: measured(({ level }) => -level) }, answers);
  assert.match(lines.at(-2) ?? "", /blur \| 1\.000 \| 1\.000 \| 67 %/);
  assert.match(lines.at(-1) ?? "", /mean \| 1\.000 \| 1\.000 \| 67 %/);
});
