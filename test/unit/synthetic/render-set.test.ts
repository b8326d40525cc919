/** Rendered files: real H.264 whose frames are those of the quick path, whatever else is in the batch; manifests that read. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { readJsonLines } from "../../../lib/core/jsonl.js";
import { readManifest } from "../../../lib/data/manifest.js";
import { FRAMES, SIDE } from "../../../lib/synthetic/geometry.js";
import { renderClip } from "../../../lib/synthetic/render.js";
import { planSet, type RenderedSet, renderFrames, renderSet } from "../../../lib/synthetic/render-set.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { allFrames, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const options = { kind: "in-domain", count: 12, seed: 5 } as const;
const FRAME = SIDE * SIDE * 3;
let set: RenderedSet;

before(async () => {
  set = await renderSet({ ...options, dir });
});

async function quickFrames(first: number, count: number): Promise<Map<number, Uint8Array>> {
  const clips = new Map<number, Uint8Array>();
  await renderFrames({ ...options, first, count }, ({ index }, rgb) => clips.set(index, rgb));
  return clips;
}

test("each file is one H.264 clip of the stated size and length", async () => {
  assert.equal(set.videos.length, 12);
  for (const video of set.videos) {
    const { frameCount, width, height } = await probeVideo(video);
    assert.deepEqual([frameCount, width, height], [FRAMES, SIDE, SIDE]);
  }
});

test("frames without files are, byte for byte, those that ffmpeg decodes from the files", async () => {
  const quick = await quickFrames(0, 12);
  set.videos.forEach((video, index) => {
    const decoded = allFrames(video, SIDE, SIDE);
    decoded.forEach((frame, i) => {
      assert.deepEqual(
        quick.get(index)?.subarray(i * FRAME, (i + 1) * FRAME),
        frame,
        `clip ${index}, frame ${i}`,
      );
    });
  });
});

test("a clip does not depend on its neighbours in the batch", async () => {
  const alone = await quickFrames(7, 1);
  const together = await quickFrames(3, 6);
  assert.deepEqual(alone.get(7), together.get(7));
});

test("compressed clips differ from what was painted, and more so at a coarser quantiser", async () => {
  const plans = planSet({ ...options, kind: "train", count: 200 });
  const only = (low: number, high: number) =>
    plans.find(
      ({ severities: { compression = 0, ...others } }) =>
        Object.keys(others).length === 0 && compression >= low && compression < high,
    );
  const mild = only(0, 0.01);
  const coarse = only(0.6, 1);
  assert.ok(mild && coarse);
  const errors: number[] = [];
  for (const plan of [mild, coarse]) {
    const { videos } = await renderSet({ kind: "train", seed: 5, first: plan.index, count: 1, dir });
    const decoded = execFileSync("ffmpeg", ["-v", "error", "-i", videos[0] ?? "", "-f", "rawvideo", "-"], {
      maxBuffer: 1 << 24,
    });
    const painted = renderClip(plan);
    assert.equal(decoded.length, painted.length);
    errors.push(
      painted.reduce((sum, value, i) => sum + Math.abs(value - (decoded[i] ?? 0)), 0) / painted.length,
    );
  }
  const [small = 0, large = 0] = errors;
  assert.ok(small < 1.5 && large > 3 * small, `${small} ${large}`);
});

test("the manifest reads; the facts stand beside it", async () => {
  const entries = await readManifest(set.manifest);
  const plans = planSet(options);
  assert.deepEqual(
    entries.map(({ score }) => score),
    plans.map(({ score }) => score),
  );
  assert.deepEqual(
    entries.map(({ video }) => video),
    [...set.videos],
  );
  assert.deepEqual(entries[0]?.scale, { min: 1, max: 5 });
  const facts = (await readJsonLines(set.facts)).map(({ value }) => value);
  assert.deepEqual(
    facts,
    plans.map(({ content, severities }, i) => ({ id: entries[i]?.id, content, severities })),
  );
});

test("an abort ends the encoders, leaves no half set and rejects with its reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const target = join(dir, "aborted");
  const rendering = renderSet({
    kind: "train",
    count: 300,
    seed: 1,
    dir: target,
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  await assert.rejects(rendering, (error) => error === reason);
  assert.equal(existsSync(join(target, "train.jsonl")), false);
  assert.deepEqual(
    readdirSync(join(target, "train")).filter((name) => name.startsWith(".")),
    [],
  );
});

test("counts below one are refused", async () => {
  await assert.rejects(
    renderSet({ ...options, count: 0, dir }),
    (error) => error instanceof EngineError && error.code === "E_OPTION",
  );
});
