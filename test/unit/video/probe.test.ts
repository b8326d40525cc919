/** What is counted, timed and measured of a file before anything is decoded. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { probeVideo } from "../../../lib/video/probe.js";
import { ffmpeg, makeVideo, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2"];
let plain: string;
before(() => {
  plain = makeVideo(join(dir, "plain.mp4"), { args: H264 });
});

async function assertTimes(file: string, start: number, bound: number): Promise<void> {
  const { times } = await probeVideo(file);
  const expected = Array.from({ length: 20 }, (_, n) => start + n / 25);
  assert.ok(
    times.length === 20 && times.every((time, n) => Math.abs(time - (expected[n] ?? 0)) <= bound),
    `${file}: ${[...times]}`,
  );
}

test("times are presentation times in seconds, by rising time whatever the order of decoding", async () => {
  await assertTimes(plain, 0, 1e-12);
  // A negative composition offset, a start that is not zero, and a container that keeps milliseconds.
  for (const [name, start, bound, args] of [
    ["offset.mov", 0, 1e-12, ["-movflags", "negative_cts_offsets"]],
    ["late.mp4", 1.5, 1e-3, ["-output_ts_offset", "1.5"]],
    ["milliseconds.mkv", 0, 1e-3, []],
  ] as const) {
    const file = join(dir, name);
    ffmpeg("-i", plain, "-c", "copy", ...args, file);
    await assertTimes(file, start, bound);
  }
});

test("where a container keeps few presentation times or none, frames are timed as they are decoded", async () => {
  for (const [name, args] of [
    ["b-frames.avi", ["-c", "copy"]],
    ["mpeg4.avi", ["-c:v", "mpeg4", "-bf", "2"]],
    ["plain.h264", ["-c", "copy"]],
  ] as const) {
    const file = join(dir, name);
    ffmpeg("-i", plain, ...args, file);
    await assertTimes(file, 0, 1e-9);
  }
  const program = join(dir, "program.mpg");
  ffmpeg("-i", plain, "-c:v", "mpeg2video", "-bf", "2", program);
  await assertTimes(program, (await probeVideo(program)).times[0] ?? Number.NaN, 1e-4);
});

test("what ffprobe says of a file names it once", async () => {
  const broken = join(dir, "broken.mp4");
  writeFileSync(broken, "a text that is no video");
  await assert.rejects(probeVideo(broken), (error: Error) => {
    assert.equal(error.message.split(broken).length, 2, error.message);
    assert.match(error.message, /broken\.mp4: ffprobe cannot read it: Invalid data found/);
    return true;
  });
  const cut = join(dir, "cut.mp4");
  ffmpeg("-i", plain, "-c", "copy", "-movflags", "+faststart", cut);
  writeFileSync(cut, readFileSync(cut).subarray(0, -200));
  await assert.rejects(probeVideo(cut), (error: Error) => {
    assert.equal(error.message.split(cut).length, 2, error.message);
    assert.match(error.message, /cut\.mp4: the file is cut short/);
    return true;
  });
});

test("a recording without a key frame is told as that, whatever holds it, and how to cut another", async () => {
  const whole = (name: string, ...args: string[]) =>
    makeVideo(join(dir, name), { frames: 60, args: ["-g", "200", ...args] });
  const dropKeys = ["-c", "copy", "-copyinkf", "-bsf:v", "noise=drop=key"];
  const h264 = whole("whole.mkv", "-c:v", "libx264", "-pix_fmt", "yuv420p");
  for (const name of ["none.mkv", "none.mp4", "none.ts"]) ffmpeg("-i", h264, ...dropKeys, join(dir, name));
  const cut = join(dir, "none-mpeg2.ts");
  const mpeg2 = whole("whole-mpeg2.ts", "-c:v", "mpeg2video", "-bf", "0");
  writeFileSync(cut, readFileSync(mpeg2).subarray(188 * 60));
  for (const name of ["none.mkv", "none.mp4", "none.ts", "none-mpeg2.ts"])
    await assert.rejects(
      probeVideo(join(dir, name)),
      {
        code: "E_MEDIA",
        message: /: holds no key frame, .*ffmpeg -ss SECONDS -i RECORDING -c copy FILE/,
      },
      name,
    );
});

test("a tag or a display matrix turns by quarters; other angles are left alone", async () => {
  // Which way a matrix of 90 degrees turns: test/parity/clips.test.ts.
  for (const [name, tag, rotation] of [
    ["180.mp4", "rotate=180", 180],
    ["45.mp4", "rotate=45", 0],
    ["tag.mkv", "ROTATE=90", 90],
    ["minus.mkv", "ROTATE=-90", 270],
  ] as const) {
    const file = join(dir, name);
    ffmpeg("-i", plain, "-c", "copy", "-metadata:s:v:0", tag, file);
    const facts = await probeVideo(file);
    assert.equal(facts.rotation, rotation, name);
    assert.deepEqual([facts.width, facts.height], rotation % 180 === 90 ? [32, 48] : [48, 32], name);
  }
});

test("a cover is not the video", async () => {
  const cover = makeVideo(join(dir, "cover.jpg"), { size: "20x20", frames: 1 });
  const covered = join(dir, "covered.mp4");
  ffmpeg(
    "-i",
    cover,
    "-i",
    plain,
    "-map",
    "0",
    "-map",
    "1",
    "-c",
    "copy",
    "-disposition:v:0",
    "attached_pic",
    covered,
  );
  assert.equal((await probeVideo(covered)).width, 48);

  const song = join(dir, "song.mp3");
  const sound = ["-f", "lavfi", "-i", "sine=duration=0.2"];
  ffmpeg(
    ...sound,
    "-i",
    cover,
    "-map",
    "0",
    "-map",
    "1",
    "-c:v",
    "copy",
    "-disposition:v:0",
    "attached_pic",
    song,
  );
  await assert.rejects(probeVideo(song), { code: "E_MEDIA", message: /expected a video stream, found none/ });
});

test("a file that is cut short is told, not counted as far as it goes", async () => {
  const file = join(dir, "short.mp4");
  ffmpeg("-i", plain, "-c", "copy", "-movflags", "+faststart", file);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * 0.8)));
  await assert.rejects(probeVideo(file), { code: "E_MEDIA", message: /short\.mp4: the file is cut short/ });
});

test("a file name is a name, whatever it holds", async () => {
  for (const name of ['a b\'s "c".mp4', "100%03d.mp4", "-i.mp4", "http:x.mp4", "ü 日本.mp4", "[a];b|c.mp4"]) {
    const file = join(dir, name);
    copyFileSync(plain, file);
    assert.equal((await probeVideo(file)).frameCount, 20, name);
  }
});
