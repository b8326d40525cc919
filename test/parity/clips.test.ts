/**
 * Whole clips against decord 0.6.0 and Pillow: frames counted, chosen, decoded, turned, converted and resized. Stored
 * videos and numbers: test/goldens/recipes/clips.py.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { clip } from "../../lib/parity.js";
import { planFrames } from "../../lib/video/frame-plan.js";
import { probeVideo } from "../../lib/video/probe.js";
import { findTool } from "../../lib/video/tools.js";
import { golden, goldenPath } from "../helpers/goldens.js";

interface Recorded {
  readonly count: number;
  readonly plans: readonly {
    readonly frames: number;
    readonly size: number;
    readonly numbers: number[];
    readonly hashes: string[];
  }[];
}

/** The newest libswscale that shifts chroma between lines as decord's does; 10.1 was seen to differ. */
const NEWEST_SWSCALE = 8;
const SHIFTED = new Set(["10bit.mp4", "odd-vp9.webm", "odd-mpeg4.mov", "turned-odd.mov"]);

const version = execFileSync(findTool("ffmpeg"), ["-version"], { encoding: "utf8" });
const swscale = Number(/libswscale\s+(\d+)/.exec(version)?.[1]);
const recorded = golden("clips/clips") as Record<string, Recorded>;

for (const [name, { count, plans }] of Object.entries(recorded)) {
  const skip =
    SHIFTED.has(name) && swscale > NEWEST_SWSCALE
      ? `libswscale ${swscale} interpolates its chroma another way; docs/video.md`
      : false;
  test(name, { skip }, async () => {
    const path = goldenPath(`clips/${name}`);
    assert.equal((await probeVideo(path)).frameCount, count);
    for (const { frames, size, numbers, hashes } of plans) {
      assert.deepEqual([...planFrames(count, frames)], numbers);
      const { pixels, shape, frameTimes } = await clip(path, { frames, size });
      assert.deepEqual(shape, [frames, size, size, 3]);
      assert.ok(frameTimes.every((time) => time >= 0 && time < 5));
      const bytes = size * size * 3;
      const seen = hashes.map((_, i) => hash(pixels.subarray(i * bytes, (i + 1) * bytes)));
      assert.deepEqual(seen, hashes, `${frames} frames at ${size}`);
    }
  });
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
