/** Few frames of a long video: those that are sought are those of decoding it all. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { decodeFrames } from "../../../lib/video/decode.js";
import { probeVideo, type VideoFacts } from "../../../lib/video/probe.js";
import { findStretches } from "../../../lib/video/seek.js";
import { batches, seekOptions } from "../../../lib/video/seek-command.js";
import { ffmpeg, makeVideo, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const FRAMES = 480;
/** Two of one group, a key frame, the frame before one, the last. */
const NUMBERS = [40, 43, 239, 240, 301, FRAMES - 1];
const GROUPS = ["-preset", "ultrafast", "-bf", "3", "-g", "48", "-pix_fmt", "yuv420p"];
let whole: string;
before(() => {
  whole = long("whole.mp4", ["-c:v", "libx264", ...GROUPS]);
});

function long(name: string, args: string[]): string {
  return makeVideo(join(dir, name), { size: "640x360", frames: FRAMES, args });
}

async function pictures(facts: VideoFacts): Promise<Buffer[]> {
  const found: Buffer[] = [];
  await decodeFrames(facts, NUMBERS, (position, rgb) => {
    assert.equal(found[position], undefined, "a frame is handed over once");
    found[position] = Buffer.from(rgb);
  });
  return found;
}

async function assertSought(file: string): Promise<void> {
  const facts = await probeVideo(file);
  const stretches = await findStretches(facts, NUMBERS);
  assert.ok(stretches !== null && stretches.length > 2, `${file}: is sought`);
  const expected = await pictures({ ...facts, seeks: null });
  assert.ok(
    (await pictures(facts)).every((rgb, i) => rgb.equals(expected[i] ?? Buffer.alloc(0))),
    file,
  );
}

test("in MP4 and Matroska, whole and in fragments, turned, late, in H.264 and HEVC with open groups", async () => {
  await assertSought(whole);
  for (const [name, args] of [
    ["whole.mkv", []],
    ["fragments.mp4", ["-movflags", "frag_keyframe+empty_moov"]],
    ["turned.mp4", ["-metadata:s:v:0", "rotate=90"]],
    ["late.mp4", ["-output_ts_offset", "1.5"]],
  ] as const) {
    const file = join(dir, name);
    ffmpeg("-i", whole, "-c", "copy", ...args, file);
    await assertSought(file);
  }
  const open = ["-c:v", "libx265", "-x265-params", "keyint=48:bframes=3:log-level=none", ...GROUPS];
  await assertSought(long("open.mp4", open));
});

test("nothing is sought where a group may need frames before it, where packets hide, or for little gain", async () => {
  const recovery = long("recovery.mp4", ["-c:v", "libx264", "-x264-params", "open-gop=1", ...GROUPS]);
  assert.equal(await findStretches(await probeVideo(recovery), NUMBERS), null);
  const cut = join(dir, "cut.mp4");
  ffmpeg("-ss", "0.5", "-i", whole, "-c", "copy", cut);
  assert.equal((await probeVideo(cut)).seeks, null);
  assert.equal(await findStretches(await probeVideo(whole), [0, 60, 120]), null);
});

test("a frame that does not come where it was sought is decoded from the start, and no other is taken for it", async () => {
  const facts = await probeVideo(whole);
  const { seeks } = facts;
  assert.ok(seeks !== null);
  const expected = await pictures({ ...facts, seeks: null });
  // As if the third frame that is wanted were at a time at which there is none.
  const astray = seeks.presentation.map((tick, packet) =>
    facts.packets?.shown[NUMBERS[2] ?? 0] === packet ? tick + 1 : tick,
  );
  const found = await pictures({ ...facts, seeks: { ...seeks, presentation: astray } });
  assert.ok(found.every((rgb, i) => rgb.equals(expected[i] ?? Buffer.alloc(0))));
});

test("decoders side by side hold no more pictures than one of 4K; the beginning needs no seek", async () => {
  const stretches = Array.from({ length: 20 }, (_, i) => ({ seconds: i, ticks: [i] }));
  const facts = await probeVideo(whole);
  const sizes = (width: number, height: number) =>
    [...batches({ ...facts, width, height }, stretches)].map((batch) => batch.length);
  assert.deepEqual(sizes(3840, 2160), new Array(20).fill(1));
  assert.deepEqual(sizes(1920, 1080), new Array(5).fill(4));
  assert.deepEqual(sizes(320, 180), [16, 4]);
  assert.deepEqual(seekOptions(null), ["-copyts"]);
});
