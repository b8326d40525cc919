/** What severities mean: opinions fall with each of them, quantisers rise, stutter repeats the share that it says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sfc32 } from "../../../../lib/synthetic/draw.js";
import {
  compressionSeverity,
  drawSeverities,
  ENCODERS,
  filters,
  KINDS,
  opinion,
  quantiser,
  stuttered,
} from "../../../../scripts/small/kinds.js";

test("a perfect copy has 5, and every kind lowers the opinion the more the severer it is", () => {
  assert.equal(opinion({}), 5);
  for (const kind of KINDS) {
    const scores = [0.1, 0.4, 0.7, 1].map((severity) => opinion({ [kind]: severity }));
    assert.deepEqual(
      scores,
      [...scores].sort((a, b) => b - a),
      kind,
    );
    assert.ok((scores[0] as number) < 5 && (scores[3] as number) >= 1, kind);
  }
});

test("distortions together are worse than the worst of them, and never below 1", () => {
  assert.ok(opinion({ blur: 0.5, noise: 0.5 }) < opinion({ blur: 0.5 }));
  assert.ok(opinion(Object.fromEntries(KINDS.map((kind) => [kind, 1]))) > 1);
});

test("quantisers lie between the ends of their encoder and rise", () => {
  for (const encoder of ENCODERS) {
    const found = [0, 0.25, 0.5, 0.75, 1].map((severity) => quantiser(encoder, severity));
    assert.equal(found[0], encoder.clean);
    assert.equal(found[4], encoder.worst);
    assert.deepEqual(
      found,
      [...new Set(found)].sort((a, b) => a - b),
      encoder.name,
    );
  }
});

test("stutter shows frames in order, begins with the first, and repeats as many as it says", () => {
  for (let i = 0; i < 60; i++) {
    const severity = 0.1 + (0.9 * i) / 60;
    const shown = stuttered(120, severity, new Sfc32("stutter", i));
    assert.equal(shown[0], 0);
    let repeats = 0;
    for (let at = 1; at < shown.length; at++) {
      assert.ok((shown[at] as number) >= (shown[at - 1] as number));
      assert.ok((shown[at] as number) <= at);
      if (shown[at] === shown[at - 1]) repeats++;
    }
    const wanted = (0.05 + 0.7 * severity) * 120;
    // Two freezes may overlap, which shows fewer.
    assert.ok(repeats <= wanted + 2 && repeats >= 0.45 * wanted, `${severity}: ${repeats} of ${wanted}`);
  }
});

test("a clip has none to three kinds, each with one filter but compression and stutter", () => {
  const counts = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const severities = drawSeverities(new Sfc32("draw", i));
    const kinds = Object.keys(severities);
    counts.add(kinds.length);
    const filtered = kinds.filter((kind) => kind !== "compression" && kind !== "stutter");
    const made = filters(severities, new Sfc32("filters", i), { width: 320, height: 240 });
    assert.equal(made.length, filtered.length);
  }
  assert.deepEqual([...counts].sort(), [0, 1, 2, 3]);
});

test("compression is as severe as what it lost, from nothing to all", () => {
  const found = [1, 0.97, 0.9, 0.8, 0.75, 0.2].map(compressionSeverity);
  assert.deepEqual([found[0], found[1], found[5]], [0, 0, 1]);
  for (let i = 2; i < 5; i++) assert.ok((found[i] as number) > (found[i - 1] as number));
});

test("no clip has noise or banding and a compression that wipes them out", () => {
  for (let i = 0; i < 400; i++) {
    const { noise, banding, compression } = drawSeverities(new Sfc32("wiped out", i));
    if (noise !== undefined || banding !== undefined) assert.equal(compression, undefined);
  }
});
