/** A file as frames of a plan, with no clip and no model: videos and stills, planned and whole. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readManifest } from "../../../lib/data/manifest.js";
import { planFrames, releasedPlan } from "../../../lib/video/frame-plan.js";
import { type FramePlan, openFrames } from "../../../lib/video/frames.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { allFrames, ffmpeg, makeVideo, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

async function frames(file: string, plan: FramePlan): Promise<{ times: number[]; pictures: Uint8Array[] }> {
  const opened = await openFrames(file, plan);
  const pictures: Uint8Array[] = [];
  await opened.read((position, rgb) => {
    pictures[position] = new Uint8Array(rgb);
  });
  return { times: [...opened.frameTimes], pictures };
}

test("planned frames come with their times; without a number every frame that is shown comes once", async () => {
  const file = join(dir, "edited.mp4");
  ffmpeg("-ss", "0.3", "-i", makeVideo(join(dir, "whole.mp4"), { args: ["-g", "100"] }), "-c", "copy", file);
  const shown = allFrames(file, 48, 32);
  const all = await frames(file, {});
  assert.deepEqual(all.pictures, shown);
  assert.ok(all.times.every((time, i) => Math.abs(time - i / 25) < 1e-3));
  const whole = join(dir, "whole.mp4");
  const expected = allFrames(whole, 48, 32);
  const plan = [...releasedPlan(20, 5)];
  const planned = await frames(whole, { frames: 5 });
  assert.deepEqual(
    planned.pictures,
    plan.map((index) => expected[index]),
  );
  assert.ok(planned.times.every((time, i) => Math.abs(time - (plan[i] ?? 0) / 25) < 1e-3));
  await assert.rejects(frames(whole, { frames: 0 }), { code: "E_OPTION" });
});

test("frames of fragments come whole, counted as they are shown", async () => {
  const file = join(dir, "cut.mp4");
  ffmpeg("-ss", "0.3", "-i", makeVideo(join(dir, "uncut.mp4"), { args: ["-g", "100"] }), "-c", "copy", file);
  const shown = allFrames(file, 48, 32);
  const { frameCount } = await probeVideo(file);
  assert.ok(shown.length < frameCount, "an edit list hides packets, which decord counts");
  const expected = [...planFrames(shown.length, 9, "fragments")];
  const { pictures, times } = await frames(file, { frames: 9, sampling: "fragments" });
  assert.deepEqual(
    pictures,
    expected.map((index) => shown[index]),
  );
  assert.ok(times.every((time, i) => Math.abs(time - (expected[i] ?? 0) / 25) < 1e-3));
  const backwards = (count: number) => [0, 1, 2].map((i) => count - 1 - i);
  const own = await frames(file, { frames: 3, sampling: backwards, fragments: { neighbours: 2 } });
  assert.deepEqual(own.pictures, shown.slice(-3).reverse());
  for (const plan of [
    { frames: 8, sampling: "fragments" },
    { frames: 9, fragments: {} },
  ] as const)
    await assert.rejects(frames(file, plan), { code: "E_OPTION" });
});

test("a still image is every frame of the plan, or one", async () => {
  const file = makeVideo(join(dir, "one.png"), { frames: 1 });
  const [picture] = allFrames(file, 48, 32);
  assert.deepEqual(await frames(file, { frames: 3 }), {
    times: [0, 0, 0],
    pictures: [picture, picture, picture],
  });
  assert.deepEqual(await frames(file, {}), { times: [0], pictures: [picture] });
});

test("a path that is no text is refused with what came", async () => {
  for (const path of [new URL("file:///a/b.mp4"), ["a.mp4"], undefined] as unknown[] as string[])
    for (const call of [openFrames(path, {}), probeVideo(path), readManifest(path)])
      await assert.rejects(call, {
        code: "E_OPTION",
        message: /^option path: expected a path, found (URL|\[|none)/,
      });
});

test("an abort rejects with the signal's reason, for a still as for a video", async () => {
  const reason = new Error("enough");
  for (const name of ["long.mp4", "one.png"]) {
    const file = makeVideo(join(dir, name), { frames: 1 });
    await assert.rejects(frames(file, { signal: AbortSignal.abort(reason) }), reason);
  }
});
