/** What doctor says of the addon, and that it looks for ffmpeg as scoring does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnose } from "../../../lib/cli/doctor.js";
import { findTool } from "../../../lib/video/tools.js";

test("the addon of a checkout is told to be a source build", () => {
  const check = diagnose().checks.find(({ name }) => name === "addon");
  assert.match(check?.detail ?? "", /^source build: .*build.Release.vqathinker\.node, built for libtorch \d/);
});

test("a program by its name alone in FFMPEG_PATH is no program to either", () => {
  const before = process.env["FFMPEG_PATH"];
  process.env["FFMPEG_PATH"] = "ffmpeg";
  try {
    assert.throws(() => findTool("ffmpeg"), { code: "E_NO_FFMPEG" });
    const check = diagnose().checks.find(({ name }) => name === "ffmpeg");
    assert.equal(check?.ok, false);
    assert.match(check.detail, /E_NO_FFMPEG: FFMPEG_PATH=ffmpeg is no program/);
  } finally {
    if (before === undefined) delete process.env["FFMPEG_PATH"];
    else process.env["FFMPEG_PATH"] = before;
  }
});
