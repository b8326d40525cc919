/** Planned frames against a full decode by ffmpeg itself, over codecs, pixel formats and odd files. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeFrames } from "../../../lib/video/decode.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { allFrames, ffmpeg, makeVideo, packetPlaces, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

async function decode(file: string, indices: number[]): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  await decodeFrames(await probeVideo(file), indices, (position, rgb) => {
    frames[position] = rgb.slice();
  });
  return frames;
}

async function compare(
  file: string,
  width: number,
  height: number,
  count: number,
  inputArgs: string[] = [],
): Promise<void> {
  const expected = allFrames(file, width, height, inputArgs);
  const facts = await probeVideo(file);
  assert.deepEqual(
    [facts.frameCount, facts.width, facts.height, expected.length],
    [count, width, height, count],
  );
  const indices = [count - 1, 0, 3, 3, 7].filter((index) => index < count);
  const frames = await decode(file, indices);
  for (const [position, index] of indices.entries()) {
    assert.deepEqual(frames[position], expected[index], `${file}, frame ${index}`);
  }
}

test("frames are those of a full decode: H.264 with B frames, 10 bit, odd size, MPEG-4 in AVI, VP9, PNG", async () => {
  await compare(
    makeVideo(join(dir, "h264.mp4"), { args: ["-c:v", "libx264", "-pix_fmt", "yuv420p"] }),
    48,
    32,
    20,
  );
  await compare(
    makeVideo(join(dir, "ten.mkv"), { args: ["-c:v", "libx264", "-pix_fmt", "yuv420p10le"] }),
    48,
    32,
    20,
  );
  await compare(
    makeVideo(join(dir, "odd.mkv"), { args: ["-vf", "scale=37:29", "-c:v", "ffv1", "-pix_fmt", "yuv420p"] }),
    37,
    29,
    20,
  );
  await compare(makeVideo(join(dir, "mpeg4.avi"), { args: ["-c:v", "mpeg4"] }), 48, 32, 20);
  await compare(makeVideo(join(dir, "vp9.webm"), { frames: 9, args: ["-c:v", "libvpx-vp9"] }), 48, 32, 9);
  await compare(makeVideo(join(dir, "one.png"), { frames: 1 }), 48, 32, 1);
});

test("frames of uneven timing are neither doubled nor dropped, and carry their own times", async () => {
  const file = makeVideo(join(dir, "uneven.mkv"), {
    args: ["-vf", "setpts=N+floor(N/5)*20", "-fps_mode", "passthrough"],
  });
  await compare(file, 48, 32, 20);
  const { times } = await probeVideo(file);
  // Matroska keeps milliseconds.
  assert.ok(times.every((time, n) => Math.abs(time - (n + Math.floor(n / 5) * 20) / 25) < 1e-3));
});

test("hundreds of scattered frames are one command", async () => {
  const file = makeVideo(join(dir, "many.mkv"), { frames: 900, args: ["-c:v", "ffv1"] });
  const expected = allFrames(file, 48, 32);
  const indices = Array.from({ length: 450 }, (_, i) => 2 * i);
  assert.deepEqual(
    await decode(file, indices),
    indices.map((index) => expected[index]),
  );
});

test("rotation is applied", async () => {
  const file = join(dir, "turned.mp4");
  ffmpeg("-i", makeVideo(join(dir, "level.mp4")), "-c", "copy", "-metadata:s:v:0", "rotate=90", file);
  await compare(file, 32, 48, 20);
});

test("frames that an edit list hides are counted and never shown", async () => {
  const file = join(dir, "edited.mp4");
  ffmpeg("-ss", "0.3", "-i", makeVideo(join(dir, "whole.mp4"), { args: ["-g", "100"] }), "-c", "copy", file);
  const shown = allFrames(file, 48, 32);
  const { frameCount, times } = await probeVideo(file);
  assert.equal(frameCount, 20);
  assert.ok(shown.length < 20);
  assert.deepEqual([times.length, times[0]], [shown.length, 0]);
  assert.deepEqual(await decode(file, [0, shown.length - 1]), [shown[0], shown.at(-1)]);
  await assert.rejects(decode(file, [shown.length]), { code: "E_OPTION" });
});

test("another size and pixel format inside the stream keep the count, and the first size", async () => {
  const parts = [
    makeVideo(join(dir, "a.h264"), { frames: 5, args: ["-bf", "0", "-pix_fmt", "yuv420p"] }),
    makeVideo(join(dir, "b.h264"), { size: "32x64", frames: 5, args: ["-bf", "0", "-pix_fmt", "yuv444p"] }),
  ];
  const joined = join(dir, "joined.h264");
  writeFileSync(joined, Buffer.concat(parts.map((part) => readFileSync(part))));
  const file = join(dir, "joined.mp4");
  ffmpeg("-r", "25", "-i", joined, "-c", "copy", file);
  const first = allFrames(parts[0] ?? "", 48, 32);
  const second = allFrames(parts[1] ?? "", 48, 32, [], "scale=48:32:flags=bilinear");
  assert.deepEqual(await decode(file, [4, 5, 8]), [first[4], second[0], second[3]]);
});

test("a slow reader holds ffmpeg back and gets whole frames", async () => {
  const file = makeVideo(join(dir, "large.mkv"), {
    size: "640x360",
    frames: 6,
    args: ["-c:v", "ffv1", "-pix_fmt", "rgb24"],
  });
  const expected = allFrames(file, 640, 360);
  let busy = false;
  await decodeFrames(await probeVideo(file), [0, 1, 2, 3, 4, 5], async (position, rgb) => {
    assert.equal(busy, false);
    busy = true;
    await new Promise((done) => setTimeout(done, 5));
    assert.deepEqual(new Uint8Array(rgb), expected[position]);
    busy = false;
  });
});

test("files that are no video are reported by name", async () => {
  const text = join(dir, "text.mp4");
  writeFileSync(text, "not a video at all");
  const empty = join(dir, "empty.mp4");
  writeFileSync(empty, "");
  const audio = join(dir, "audio.wav");
  ffmpeg("-f", "lavfi", "-i", "sine=duration=0.1", audio);
  const zero = join(dir, "zero.mp4");
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=48x32", "-frames:v", "0", zero);
  for (const file of [join(dir, "absent.mp4"), text, empty, audio, zero, dir]) {
    await assert.rejects(
      probeVideo(file),
      (error: Error & { code?: string }) => error.code === "E_MEDIA" && error.message.includes(file),
      file,
    );
  }
});

test("a damaged file fails by name, frame and ffmpeg's words; frames before the damage come", async () => {
  const file = join(dir, "damaged.mp4");
  copyFileSync(
    makeVideo(join(dir, "sound.mp4"), { frames: 50, args: ["-movflags", "+faststart", "-g", "5"] }),
    file,
  );
  const expected = allFrames(file, 48, 32);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, Math.floor(bytes.length * 0.6)));
  await assert.rejects(
    decode(file, [49]),
    (error: Error & { code?: string }) => error.code === "E_MEDIA" && error.message.includes("damaged.mp4"),
  );
  // ffmpeg would tell of the damage had it read on to it.
  assert.deepEqual(await decode(file, [0, 3]), [expected[0], expected[3]]);
});

test("a packet that gives no frame is told: frames after it would be numbered wrongly", async () => {
  const whole = makeVideo(join(dir, "unhurt.mp4"), { frames: 50, args: ["-c:v", "libx264", "-g", "10"] });
  const bytes = readFileSync(whole);
  const [at = 0] = packetPlaces(whole).slice(25);
  const file = join(dir, "hurt.mp4");
  writeFileSync(file, bytes.fill(0, at, at + 200));
  await assert.rejects(decode(file, [45]), {
    code: "E_MEDIA",
    message: /hurt\.mp4: a packet could not be decoded/,
  });
});

test("an abort stops ffmpeg and rejects with the signal's reason; an error of the reader comes back as it is", async () => {
  const file = makeVideo(join(dir, "long.mp4"), { size: "320x240", frames: 200 });
  const facts = await probeVideo(file);
  const indices = Array.from({ length: 200 }, (_, i) => i);
  const controller = new AbortController();
  const reason = new Error("enough");
  let seen = 0;
  const aborted = decodeFrames(
    facts,
    indices,
    () => {
      if (++seen === 3) controller.abort(reason);
    },
    { signal: controller.signal },
  );
  await assert.rejects(aborted, reason);
  assert.ok(seen < 200);
  await assert.rejects(
    decodeFrames(facts, [0], () => {}, { signal: controller.signal }),
    reason,
  );
  await assert.rejects(probeVideo(file, { signal: controller.signal }), reason);
  await assert.rejects(
    decodeFrames(facts, indices, () => {
      throw reason;
    }),
    reason,
  );
});
