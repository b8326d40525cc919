/** A checkpoint of a published size, its decoder cut to one layer: made, inspected, loaded and asked about a video. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SETTINGS_FILE } from "../../lib/checkpoint/settings.js";
import { packageRoot } from "../../lib/core/package-root.js";
import { makeVideo, scratchFolder } from "../helpers/video-files.js";

const CLI = join(packageRoot(), "dist", "lib", "cli", "main.js");
const BENCH = join(packageRoot(), "dist", "bench", "memory.js");
/** Small frames: the weights are what this is about. */
const SETTINGS = { frames: 6, imageSize: 224, maxNewTokens: 4 };
/** How far a process may be from the plan, as `inspect` promises. */
const TOLERANCE = 0.1;

test("scoring a video takes the memory that inspect plans", () => {
  const scratch = scratchFolder();
  const dir = join(scratch, "checkpoint");
  const make = ["make-random", "--like", "internvl3-1b", "--layers", "1", "--out", dir];
  execFileSync(process.execPath, [CLI, ...make], { stdio: "pipe" });
  writeFileSync(join(dir, SETTINGS_FILE), JSON.stringify(SETTINGS));
  const video = makeVideo(join(scratch, "a.mp4"));
  const inspected = execFileSync(process.execPath, [CLI, "inspect", dir, "--json"], { encoding: "utf8" });
  const { memory, family, problems } = JSON.parse(inspected) as {
    memory: { scoreBytes: number };
    family: string;
    problems: string[];
  };
  assert.deepEqual([family, problems], ["internvl3-1b", []]);
  const scored = execFileSync(process.execPath, [BENCH, "--score", dir, "--video", video], {
    encoding: "utf8",
  });
  const { status, peakBytes } = JSON.parse(scored) as { status: string; peakBytes: number };
  // Random weights answer nothing that parses, and nothing is made up for them.
  assert.equal(status, "unparsed");
  const apart = peakBytes / memory.scoreBytes - 1;
  assert.ok(Math.abs(apart) <= TOLERANCE, `peak ${peakBytes}, plan ${memory.scoreBytes}: ${apart}`);
});
