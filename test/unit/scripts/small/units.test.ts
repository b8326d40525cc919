/** Units by hand behind a layer norm: what they look at is the token itself, whatever the norm took away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { mean, variance } from "../../../../lib/core/stats.js";
import { Units } from "../../../../scripts/small/units.js";

const [HIDDEN, ROOM, LARGE] = [12, 4, 50];
const CHANNELS = [8, 9, 10, 11];
const NORM = { channels: CHANNELS, deviation: Math.sqrt((CHANNELS.length * LARGE ** 2) / HIDDEN) };

/** What a layer adds to a token of these first channels and the constants. */
function added(units: Units, first: readonly number[]): number[] {
  const token = Array.from({ length: HIDDEN }, (_, i) =>
    i >= 8 ? (i % 2 === 0 ? LARGE : -LARGE) : (first[i] ?? 0),
  );
  const [centre, deviation] = [mean(token), Math.sqrt(variance(token, 0))];
  const shown = token.map((value) => (value - centre) / deviation);
  const active = Array.from({ length: ROOM }, (_, u) =>
    Math.max(
      0,
      shown.reduce((sum, x, i) => sum + x * (units.up[u * HIDDEN + i] as number), units.bias[u] as number),
    ),
  );
  return Array.from({ length: HIDDEN }, (_, i) =>
    active.reduce((sum, x, u) => sum + x * (units.down[i * ROOM + u] as number), 0),
  );
}

const near = (found: number | undefined, expected: number) =>
  assert.ok(Math.abs((found ?? Number.NaN) - expected) < 0.05, `expected ${expected}, found ${found}`);

test("a magnitude is of the token's channel, beyond its threshold, of either sign", () => {
  const units = new Units(HIDDEN, ROOM, NORM);
  units.magnitude([[0, 2]], 1, [[3, 10]], 5);
  for (const value of [1.5, -1.5]) near(added(units, [value, 3, 3])[3], 20);
  near(added(units, [0.4])[3], 0);
});

test("what is linear keeps its sign", () => {
  const units = new Units(HIDDEN, ROOM, NORM);
  units.linear(
    [
      [0, 1],
      [1, -1],
    ],
    [[2, 3]],
  );
  near(added(units, [2, 1])[2], 3);
  near(added(units, [1, 2])[2], -3);
});

test("a full layer takes no more", () => {
  const units = new Units(HIDDEN, 1, NORM);
  assert.throws(() => units.magnitude([[0, 1]], 0, [[0, 1]], 1), /no room for more than 1 units/);
});
