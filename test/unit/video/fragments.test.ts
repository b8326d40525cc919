/** Fragments: which frames, where patches lie, and what a mosaic holds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkGroups,
  checkMosaic,
  FRAGMENTS,
  type Fragments,
  fragmentsOf,
  fragmentsPlan,
  isWhole,
  mosaic,
  withoutRoom,
} from "../../../lib/video/fragments.js";
import { coordinates, cutAt, placeAt, placesOf } from "../../helpers/fragments.js";

/** Width, height, side of the mosaic, side of a patch. */
const SIZES: readonly [number, number, number, number][] = [
  [1920, 1080, 64, 16],
  [1080, 1920, 448, 32],
  [1281, 721, 96, 32],
  [640, 360, 96, 24],
  [97, 131, 96, 8],
  [64, 64, 64, 16],
  [65, 64, 64, 16],
  [63, 200, 64, 16],
  [40, 33, 64, 32],
  [32, 32, 64, 32],
  [50, 70, 32, 32],
  [7, 5, 5, 5],
];

function made(more: Partial<Fragments>): Fragments {
  return { ...FRAGMENTS, ...more };
}

test("a plan is groups of neighbours spread over the video, then the middle frame", () => {
  assert.deepEqual(
    [...fragmentsPlan(300, 13, made({}))],
    [48, 49, 50, 51, 148, 149, 150, 151, 248, 249, 250, 251, 150],
  );
  assert.deepEqual([...fragmentsPlan(10, 5, made({ neighbours: 1 }))], [0, 3, 5, 8, 5]);
  for (let count = 1; count < 80; count++) {
    for (const [frames, neighbours] of [
      [25, 4],
      [4, 1],
      [7, 6],
      [7, 3],
    ] as const) {
      const plan = [...fragmentsPlan(count, frames, made({ neighbours }))];
      assert.equal(plan.length, frames);
      assert.ok(plan.every((frame) => Number.isInteger(frame) && frame >= 0 && frame < count));
      assert.equal(plan.at(-1), Math.floor(count / 2));
      const groups = (frames - 1) / neighbours;
      for (let group = 0; group < groups; group++) {
        const own = plan.slice(group * neighbours, (group + 1) * neighbours);
        const [first = 0] = own;
        const expected = own.map((_, i) => Math.min(first + i, count - 1));
        assert.deepEqual(own, expected, `${count} frames, group ${group}`);
        if (count >= neighbours) assert.equal(new Set(own).size, neighbours);
        const middle = first + (neighbours - 1) / 2;
        if (count >= neighbours * groups)
          assert.ok(Math.abs(middle - ((group + 0.5) * count) / groups + 0.5) <= 1, `${count}, ${group}`);
      }
    }
  }
});

test("a video shorter than a group repeats its last frame; of one frame all are that one", () => {
  assert.deepEqual([...fragmentsPlan(2, 9, made({}))], [0, 1, 1, 1, 0, 1, 1, 1, 1]);
  assert.deepEqual([...fragmentsPlan(1, 9, made({}))], new Array(9).fill(0));
});

test("the last place is whole, and no other", () => {
  assert.deepEqual(
    Array.from({ length: 5 }, (_, i) => isWhole(i, 5)),
    [false, false, false, false, true],
  );
});

test("frames that are no whole groups and one are refused with what would do", () => {
  for (const frames of [5, 9, 25]) checkGroups(frames, made({}));
  for (const [frames, near] of [
    [1, 5],
    [4, 5],
    [12, 13],
    [24, 25],
    [26, 25],
    [Number.NaN, 5],
  ] as const)
    assert.throws(() => checkGroups(frames, made({})), {
      code: "E_OPTION",
      message: `option frames: expected a multiple of fragments.neighbours, 4, and one whole frame, such as ${near}, found ${frames}`,
    });
});

test("settings and sizes that do not fit are refused by their names", () => {
  assert.deepEqual(fragmentsOf(), { patch: 32, neighbours: 4, seed: 0 });
  assert.deepEqual(fragmentsOf({ patch: 16 }), { patch: 16, neighbours: 4, seed: 0 });
  for (const [given, says] of [
    [{ patch: 0 }, /^option fragments\.patch: .*found 0/],
    [{ neighbours: 1.5 }, /^option fragments\.neighbours: .*found 1\.5/],
    [{ seed: -1 }, /^option fragments\.seed: .*found -1/],
    [{ pach: 16 }, /^option pach: .*did you mean patch/],
    [16, /^option fragments: expected an object/],
  ] as [Partial<Fragments>, RegExp][])
    assert.throws(() => fragmentsOf(given), { code: "E_OPTION", message: says });
  checkMosaic(64, made({}));
  assert.throws(() => checkMosaic(48, made({})), {
    code: "E_OPTION",
    message: /^option size: expected a multiple of fragments\.patch, 32, found 48/,
  });
  assert.throws(() => checkMosaic(48, made({}), "imageSize"), { message: /^option imageSize:/ });
  assert.throws(() => checkMosaic(0, made({})), { message: /^option size: .*found 0/ });
  assert.equal(withoutRoom({ width: 32, height: 32 }, made({})), null);
  for (const [width, height] of [
    [31, 64],
    [64, 31],
  ] as const)
    assert.match(withoutRoom({ width, height }, made({})) ?? "", new RegExp(`found ${width} x ${height}`));
});

test("every patch is whole, inside the frame and, where the frame is large enough, inside its cell", () => {
  for (const [width, height, size, patch] of SIZES) {
    const cells = size / patch;
    const frame = { rgb: coordinates(width, height), width, height };
    for (const seed of [0, 7]) {
      const what = `${width} x ${height}, ${size} of ${patch}, seed ${seed}`;
      const { rgb, ...shape } = mosaic(frame, size, 3, made({ patch, seed }));
      assert.deepEqual(shape, { width: size, height: size });
      const places = placesOf(width, height, size, 3, made({ patch, seed }));
      for (let pixel = 0; pixel < size * size; pixel++) {
        const [y, x] = [Math.floor(pixel / size), pixel % size];
        const own = places[Math.floor(y / patch) * cells + Math.floor(x / patch)] ?? { left: -1, top: -1 };
        const found = placeAt(rgb, pixel);
        if (found.left !== own.left + (x % patch) || found.top !== own.top + (y % patch))
          assert.fail(`${what}: pixel ${x}, ${y} is from ${found.left}, ${found.top}`);
      }
      for (const [i, { left, top }] of places.entries())
        for (const [at, side, cell] of [
          [left, width, i % cells],
          [top, height, Math.floor(i / cells)],
        ] as const) {
          assert.ok(at >= 0 && at + patch <= side, `${what}: ${at} of ${side}`);
          if (side < size) continue;
          assert.ok(at >= Math.floor((cell * side) / cells), `${what}: cell ${cell} from ${at}`);
          assert.ok(at + patch <= Math.floor(((cell + 1) * side) / cells), `${what}: cell ${cell} to ${at}`);
        }
    }
  }
});

test("patches lie four pixels off the blocks of eight wherever their cell has room for that", () => {
  const places = placesOf(1920, 1080, 64, 0, made({ patch: 16 }));
  assert.deepEqual(new Set(places.flatMap(({ left, top }) => [left % 8, top % 8])), new Set([4]));
  assert.ok(new Set(places.map(({ left }) => left % 480)).size > 4, "columns are drawn");
});

test("a frame as large as the mosaic is the mosaic; one smaller has its edges at the edges", () => {
  const rgb = coordinates(64, 64);
  assert.deepEqual(mosaic({ rgb, width: 64, height: 64 }, 64, 0, made({ patch: 16 })).rgb, rgb);
  const places = placesOf(40, 33, 64, 0, made({}));
  assert.deepEqual(places, [
    { left: 0, top: 0 },
    { left: 8, top: 0 },
    { left: 0, top: 1 },
    { left: 8, top: 1 },
  ]);
});

test("places are those of group and seed, whatever the frame shows", () => {
  const at = (group: number, seed: number) => JSON.stringify(placesOf(1920, 1080, 96, group, made({ seed })));
  assert.equal(at(1, 0), at(1, 0));
  assert.equal(new Set([at(0, 0), at(1, 0), at(0, 1), at(2, 5)]).size, 4);
});

test("a mosaic holds the frame's own bytes", () => {
  const [width, height, size, patch] = [101, 67, 24, 8];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 24);
  const before = rgb.slice();
  const places = placesOf(width, height, size, 2, made({ patch }));
  const found = mosaic({ rgb, width, height }, size, 2, made({ patch }));
  assert.deepEqual(found.rgb, cutAt(rgb, width, size, patch, places));
  assert.deepEqual(rgb, before);
});
