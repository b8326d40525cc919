/** Streams of which not every packet shows a picture, against the pictures and times that ffmpeg alone gives. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { openFrames } from "../../../lib/video/frames.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { goldenPath } from "../../helpers/goldens.js";
import { allFrames, ffmpeg, makeVideo, scratchFolder, shownTimes } from "../../helpers/video-files.js";

const dir = scratchFolder();
const H264 = ["-c:v", "libx264", "-g", "50", "-bf", "2", "-pix_fmt", "yuv420p"];
const TS_PACKET = 188;
let whole: string;
before(() => {
  whole = makeVideo(join(dir, "whole.ts"), { frames: 100, args: H264 });
});

/** The last three quarters of a file that is made of blocks. */
function withoutStart(file: string, name: string, block: number): string {
  const bytes = readFileSync(file);
  const cut = join(dir, name);
  writeFileSync(cut, bytes.subarray(block * Math.floor(bytes.length / block / 4)));
  return cut;
}

interface Expected {
  readonly pictures: number;
  readonly lost: number;
  /** Default: the pictures. */
  readonly counted?: number;
}

async function assertPictures(file: string, { pictures, lost, counted }: Expected): Promise<void> {
  const facts = await probeVideo(file);
  assert.deepEqual(
    [facts.times.length, facts.lost, facts.frameCount],
    [pictures, lost, counted ?? pictures],
    file,
  );
  const expected = shownTimes(file);
  const { width, height } = facts;
  assert.equal(expected.length, pictures, file);
  assert.ok(
    facts.times.every((time, i) => Math.abs(time - (expected[i] ?? Number.NaN)) < 1e-6),
    `${file}: ${[...facts.times]} for ${expected}`,
  );
  const { read, notice } = await openFrames(file, {});
  const seen: Uint8Array[] = [];
  await read((position, rgb) => {
    seen[position] = new Uint8Array(rgb);
  });
  assert.deepEqual(seen, allFrames(file, width, height), file);
  if (lost === 0) assert.equal(notice, undefined);
  else assert.match(notice ?? "", new RegExp(`^${lost} packets? shows? nothing: `));
}

test("a transport stream that begins between two key frames is what can be decoded of it", async () => {
  const cut = withoutStart(whole, "cut.ts", TS_PACKET);
  const facts = await probeVideo(cut);
  await assertPictures(cut, { pictures: 50, lost: facts.lost });
  assert.ok(facts.lost > 0 && facts.lost < 50, `${facts.lost}`);
});

test("so are MPEG-2 in both of its streams, intra refresh and a stream without a clock", async () => {
  const without = ["-copyinkf", "-bsf:v", "noise=drop='lt(n\\,20)'"];
  const mpeg2 = [
    "-c:v",
    "mpeg2video",
    "-q:v",
    "4",
    "-g",
    "15",
    "-bf",
    "2",
    "-flags",
    "-cgop",
    "-sc_threshold",
    "1000000000",
  ];
  for (const ending of ["ts", "mpg"]) {
    const file = makeVideo(join(dir, `mpeg2-whole.${ending}`), { frames: 60, args: mpeg2 });
    const cut = join(dir, `mpeg2.${ending}`);
    ffmpeg("-i", file, "-c", "copy", ...without, cut);
    const { times, lost } = await probeVideo(cut);
    await assertPictures(cut, { pictures: times.length, lost });
    assert.deepEqual([lost > 0, times.length + lost], [true, 40], cut);
  }
  const raw = join(dir, "cut.h264");
  ffmpeg("-i", whole, "-c", "copy", ...without, raw);
  const { times, lost, frameCount } = await probeVideo(raw);
  assert.deepEqual([times.length, lost, frameCount], [50, 30, 50]);

  const refreshed = makeVideo(join(dir, "refresh-whole.ts"), {
    frames: 100,
    args: [...H264, "-x264-params", "intra-refresh=1:keyint=30"],
  });
  const refresh = withoutStart(refreshed, "refresh.ts", TS_PACKET);
  const facts = await probeVideo(refresh);
  await assertPictures(refresh, { pictures: facts.times.length, lost: facts.lost });
  assert.ok(facts.lost > 0);
});

test("pictures that lead an open group at the beginning are lost, whatever the container", async () => {
  for (const name of ["open-start-fragments.mp4", "open-start.mkv"])
    await assertPictures(goldenPath(`clips/${name}`), { pictures: 48, lost: 3, counted: 51 });
  const file = join(dir, "open-start.ts");
  ffmpeg("-i", goldenPath("clips/open-start-fragments.mp4"), "-c", "copy", file);
  await assertPictures(file, { pictures: 48, lost: 3 });
});

test("frames of VP8 that are never shown have no time and are no loss; elsewhere than in Matroska they do not count", async () => {
  await assertPictures(goldenPath("clips/vp8-hidden.webm"), { pictures: 80, lost: 0, counted: 84 });
  const file = join(dir, "hidden.ivf");
  ffmpeg("-i", goldenPath("clips/vp8-hidden.webm"), "-c", "copy", file);
  await assertPictures(file, { pictures: 80, lost: 0 });
  const pattern = join(dir, "100%03d.webm");
  copyFileSync(goldenPath("clips/vp8-hidden.webm"), pattern);
  assert.equal((await probeVideo(pattern)).times.length, 80);
});

test("parts that were joined as they are follow each other, each picture at its own time", async () => {
  const part = makeVideo(join(dir, "part.ts"), { frames: 30, args: [...H264, "-g", "12"] });
  const joined = join(dir, "joined.ts");
  writeFileSync(joined, Buffer.concat([readFileSync(part), readFileSync(part)]));
  await assertPictures(joined, { pictures: 60, lost: 0 });
  const once = shownTimes(part);
  assert.deepEqual(
    [...(await probeVideo(joined)).times].map((time) => time.toFixed(3)),
    [...once, ...once].map((time) => time.toFixed(3)),
  );
  for (const container of ["mp4", "mkv"]) {
    const file = join(dir, `joined.${container}`);
    ffmpeg("-copyts", "-i", joined, "-c", "copy", file);
    const facts = await probeVideo(file);
    assert.deepEqual([facts.times.length, facts.packets], [60, null], file);
  }
});

test("VP8 that is cut short is counted as far as it goes", async () => {
  const file = join(dir, "cut.webm");
  const bytes = readFileSync(goldenPath("clips/vp8-hidden.webm"));
  writeFileSync(file, bytes.subarray(0, bytes.length / 2));
  const { times } = await probeVideo(file);
  assert.ok(times.length > 20 && times.length < 60);
});
