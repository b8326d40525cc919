/** Philox against Random123's published answers; streams and draws against their laws. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Draws, philox4x32, streamOf, uniform } from "../../../lib/core/rng.js";

test("philox4x32-10 gives Random123's known answers", () => {
  const cases = [
    [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [new Array<number>(4).fill(0xffffffff), [0xffffffff, 0xffffffff], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ] as const;
  for (const [counter, key, expected] of cases) {
    const words = [...philox4x32(counter, key)].map((word) => word.toString(16).padStart(8, "0"));
    assert.equal(words.join(" "), expected);
  }
});

test("uniform is the first two words as a 53-bit fraction, the stream being the key, low word first", () => {
  assert.equal(uniform(0n, 0, 0), ((0x6627e8d5 >>> 5) * 2 ** 26 + (0xe169c58d >>> 6)) / 2 ** 53);
  const [w0 = 0, w1 = 0] = philox4x32([7, 9, 0, 0], [0x89abcdef, 0x01234567]);
  assert.equal(uniform(0x0123456789abcdefn, 7, 9), ((w0 >>> 5) * 2 ** 26 + (w1 >>> 6)) / 2 ** 53);
});

test("streams differ in every part, in its type and in where parts are cut", () => {
  const streams = [
    streamOf("ab", "c"),
    streamOf("a", "bc"),
    streamOf(1),
    streamOf("1"),
    streamOf(1n),
    streamOf(1, ""),
    streamOf(),
  ];
  assert.equal(new Set(streams).size, streams.length);
  assert.equal(streamOf("a", 1), streamOf("a", 1));
  assert.ok(streams.every((stream) => stream >= 0n && stream < 1n << 64n));
});

test("draws are spread evenly and shuffles are permutations", () => {
  const draws = new Draws(streamOf("test"));
  const counts = new Array<number>(5).fill(0);
  for (let i = 0; i < 5000; i++) {
    const drawn = draws.below(5);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  // Five standard deviations of a count of mean 1000.
  assert.ok(
    counts.every((count) => Math.abs(count - 1000) < 5 * Math.sqrt(800)),
    String(counts),
  );
  assert.deepEqual([...draws.shuffled([3, 1, 4, 1, 5])].sort(), [1, 1, 3, 4, 5]);
});
