/** The plan's table: a line for each kind that there is, the widest moment, the micro-batch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryLines } from "../../../lib/cli/memory-lines.js";
import type { PlannedMemory } from "../../../lib/run-folder/planned-memory.js";

const MIB = 2 ** 20;
const PLAN: PlannedMemory = {
  device: "cpu",
  trainedValues: 4_300_000,
  values: 938_000_000,
  adapted: null,
  weights: 10 * MIB,
  reference: 0,
  gradients: 5 * MIB,
  masters: 0,
  moments: 2 * MIB,
  features: 0,
  clips: MIB,
  process: 200 * MIB,
  rollout: 3 * MIB,
  evaluation: 0,
  update: 30 * MIB,
  widest: "update",
  peakBytes: 248 * MIB,
  hostBytes: 248 * MIB,
  availableBytes: 1024 * MIB,
  microTokens: 900,
  microVideos: 1,
};

test("what there is none of has no line; the peak stands beside what there is", () => {
  const lines = memoryLines(PLAN);
  assert.equal(lines.length, 2 + 7 + 2);
  assert.equal(lines[0], "learns 4.30 M of 938.00 M values");
  assert.match(lines.at(-2) ?? "", /at most, in the update +248\.00 MiB of 1\.00 GiB$/);
  assert.match(lines.at(-1) ?? "", /a micro-batch +one video, 900 rows$/);
  assert.equal(
    lines.some((line) => /reference|masters|beside the card/.test(line)),
    false,
  );
});

test("of a card the host's memory is told too, and no bound where none is known", () => {
  const lines = memoryLines({ ...PLAN, device: "cuda", availableBytes: null, microVideos: 3 });
  assert.match(lines[1] ?? "", /for the card:$/);
  assert.ok(lines.some((line) => /^ {2}CUDA, allowed for +200\.00 MiB$/.test(line)));
  assert.ok(lines.some((line) => /^ {2}beside the card +248\.00 MiB$/.test(line)));
  assert.match(lines.find((line) => /at most/.test(line)) ?? "", /248\.00 MiB$/);
  assert.match(lines.at(-1) ?? "", /up to 3 videos, 900 rows$/);
});

test("of adapters it is told which parts they are on", () => {
  const [line] = memoryLines({ ...PLAN, adapted: { vision: 48, projector: 0, language: 24 } });
  assert.match(line ?? "", /values, adapters on 24 layers of the decoder and 48 layers of the vision tower$/);
});
