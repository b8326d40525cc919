/** Clips of fragments from real files: mosaics of the frames' own bytes, the whole frame, and files that are too small. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type ClipPlan, openClip, openFrames } from "../../lib/index.js";
import { nativeBinding } from "../../lib/native/load.js";
import { clip as readClip, resize } from "../../lib/parity.js";
import type { Fragments } from "../../lib/video/fragments.js";
import type { Picture } from "../../lib/video/picture.js";
import { cutAt, placesOf } from "../helpers/fragments.js";
import { allFrames, ffmpeg, makeVideo, scratchFolder } from "../helpers/video-files.js";

const dir = scratchFolder();
const SIZE = 56;
const FRAGMENTS: Fragments = { patch: 14, neighbours: 2, seed: 3 };
const PLAN = { frames: 5, size: SIZE, sampling: "fragments", fragments: FRAGMENTS } as const;
const LOSSLESS = ["-c:v", "ffv1", "-pix_fmt", "gbrp"];

/** Of an odd size, which the test picture has not by itself. */
function oddVideo(name: string, width: number, height: number, frames: number): string {
  const args = ["-vf", `format=gbrp,crop=${width}:${height}:1:1`, ...LOSSLESS];
  return makeVideo(join(dir, name), { size: `${width + 3}x${height + 3}`, frames, args });
}

function picture(rgb: Uint8Array | undefined, width: number, height: number): Picture {
  if (rgb === undefined) assert.fail("a frame");
  return { rgb, width, height };
}

/** Bytes [F, size, size, 3] of these frames of a plan, the last of them whole. */
function expected(frames: readonly Picture[], fragments = FRAGMENTS): Uint8Array {
  const shown = frames.map(({ rgb, width, height }, i) => {
    if (i === frames.length - 1) return resize(rgb, width, height, SIZE, SIZE);
    const places = placesOf(width, height, SIZE, Math.floor(i / fragments.neighbours), fragments);
    return cutAt(rgb, width, SIZE, fragments.patch, places);
  });
  return Uint8Array.from(shown.flatMap((bytes) => Array.from(bytes)));
}

/** Whole frames as the product decodes them. */
async function wholeFrames(file: string): Promise<Picture[]> {
  const { frames, sampling, fragments } = PLAN;
  const found: Picture[] = [];
  const opened = await openFrames(file, { frames, sampling, fragments });
  await opened.read((position, rgb, width, height) => {
    found[position] = { rgb: rgb.slice(), width, height };
  });
  return found;
}

test("mosaics are the frames' own bytes, two neighbours at the same places, and the last frame is whole", async () => {
  const file = oddVideo("a.mkv", 161, 99, 30);
  const decoded = allFrames(file, 161, 99);
  const chosen = [6, 7, 21, 22, 15];
  const frames = chosen.map((index) => picture(decoded[index], 161, 99));
  const { pixels, frameTimes } = await readClip(file, PLAN);
  assert.deepEqual(pixels, expected(frames));
  assert.ok(frameTimes.every((time, i) => Math.abs(time - (chosen[i] ?? 0) / 25) < 1e-3));
  assert.deepEqual((await readClip(file, PLAN)).pixels, pixels);
  const other = await readClip(file, { ...PLAN, fragments: { ...FRAGMENTS, seed: 4 } });
  assert.notDeepEqual(other.pixels, pixels);
});

test("a function chooses the frames, which are cut where it is said how", async () => {
  const file = oddVideo("function.mkv", 161, 99, 12);
  const decoded = allFrames(file, 161, 99);
  const chosen = [11, 3, 3, 0, 7];
  const frames = chosen.map((index) => picture(decoded[index], 161, 99));
  const { pixels } = await readClip(file, { ...PLAN, sampling: () => chosen });
  assert.deepEqual(pixels, expected(frames));
  const { fragments: _, ...whole } = { ...PLAN, sampling: () => chosen };
  const uncut = frames.flatMap(({ rgb }) => Array.from(resize(rgb, 161, 99, SIZE, SIZE)));
  assert.deepEqual((await readClip(file, whole)).pixels, Uint8Array.from(uncut));
});

test("a frame of the mosaic's size goes through unchanged", async () => {
  const file = makeVideo(join(dir, "same.mkv"), { size: "56x56", frames: 5, args: LOSSLESS });
  const decoded = allFrames(file, 56, 56);
  const { pixels } = await readClip(file, PLAN);
  const chosen = [0, 1, 2, 3, 2];
  assert.deepEqual(pixels, Uint8Array.from(chosen.flatMap((i) => Array.from(decoded[i] ?? []))));
});

test("small, short, turned, deep, brightly tagged and unevenly timed videos are cut as they are decoded", async () => {
  const level = makeVideo(join(dir, "level.mp4"), { size: "160x96" });
  const turned = join(dir, "turned.mp4");
  ffmpeg("-i", level, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned);
  const uneven = join(dir, "uneven.mkv");
  ffmpeg("-i", level, "-vf", "setpts='N*N/25/TB'", "-fps_mode", "passthrough", "-c:v", "ffv1", uneven);
  const pq = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"];
  for (const [file, width, height] of [
    [oddVideo("small.mkv", 41, 33, 20), 41, 33],
    [makeVideo(join(dir, "patch.mkv"), { size: "14x14", args: LOSSLESS }), 14, 14],
    [oddVideo("short.mkv", 161, 99, 1), 161, 99],
    [makeVideo(join(dir, "two.mp4"), { size: "160x98", frames: 2 }), 160, 98],
    [turned, 96, 160],
    [
      makeVideo(join(dir, "pq.mkv"), {
        size: "160x96",
        args: ["-c:v", "ffv1", "-pix_fmt", "yuv420p10le", ...pq],
      }),
      160,
      96,
    ],
    [uneven, 160, 96],
  ] as const) {
    const frames = await wholeFrames(file);
    assert.deepEqual([frames[0]?.width, frames[0]?.height], [width, height], file);
    assert.deepEqual((await readClip(file, PLAN)).pixels, expected(frames), file);
  }
  const { frameTimes } = await readClip(uneven, PLAN);
  const times = [4, 5, 14, 15, 10].map((i) => (i * i) / 25);
  assert.ok(
    frameTimes.every((time, i) => Math.abs(time - (times[i] ?? 0)) < 2e-3),
    `frames are counted: ${frameTimes}`,
  );
});

test("a still picture is cut at the places of each group, and whole at the end", async () => {
  const file = makeVideo(join(dir, "one.png"), { size: "120x70", frames: 1 });
  const [rgb] = allFrames(file, 120, 70);
  const frames = new Array<Picture>(5).fill(picture(rgb, 120, 70));
  const { pixels, frameTimes } = await readClip(file, PLAN);
  assert.deepEqual(pixels, expected(frames));
  assert.deepEqual([...frameTimes], [0, 0, 0, 0, 0]);
  const plain = await readClip(file, { frames: 3, size: SIZE });
  const one = Array.from(resize(picture(rgb, 120, 70).rgb, 120, 70, SIZE, SIZE));
  assert.deepEqual(plain.pixels, Uint8Array.from([...one, ...one, ...one]));
});

test("frames without room for a patch are an error of their file, and leave no clip", async () => {
  const { liveClips } = nativeBinding().info();
  for (const file of [
    makeVideo(join(dir, "flat.mkv"), { size: "64x12", args: LOSSLESS }),
    makeVideo(join(dir, "thin.png"), { size: "12x64", frames: 1 }),
  ])
    await assert.rejects(
      openClip(file, PLAN),
      (error: { code: string; message: string; details: object }) => {
        assert.equal(error.code, "E_MEDIA");
        assert.match(
          error.message,
          /(flat\.mkv|thin\.png): expected frames of at least 14 x 14 pixels, .*found \d+ x \d+$/,
        );
        assert.deepEqual(error.details, { file });
        return true;
      },
    );
  assert.equal(nativeBinding().info().liveClips, liveClips);
});

test("a plan that fragments do not fill is refused before the file is opened", async () => {
  const absent = join(dir, "absent.mp4");
  for (const [plan, says] of [
    [{ ...PLAN, frames: 4 }, /^option frames: .*neighbours, 2, .*such as 5, found 4/],
    [{ ...PLAN, size: 50 }, /^option size: .*patch, 14, found 50/],
    [{ ...PLAN, fragments: { patch: 0 } }, /^option fragments\.patch/],
    [{ ...PLAN, sampling: "uniform" }, /^option fragments: expected none with sampling "uniform"/],
    [{ ...PLAN, fragment: {} }, /fragment: no such option; did you mean fragments/],
  ] as [ClipPlan, RegExp][])
    await assert.rejects(openClip(absent, plan), { code: "E_OPTION", message: says });
});
