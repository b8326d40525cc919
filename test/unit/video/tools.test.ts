/** Where ffmpeg is looked for. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ffmpegTakes, findTool } from "../../../lib/video/tools.js";
import { scratchFolder } from "../../helpers/video-files.js";

function withEnvironment(values: Record<string, string | undefined>, run: () => void): void {
  const kept = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const put = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(values)) put(name, value);
  try {
    run();
  } finally {
    for (const [name, value] of kept) put(name, value);
  }
}

test("the variable wins, then PATH; what is not there is an error with a remedy, never another program", () => {
  withEnvironment({ FFMPEG_PATH: process.execPath }, () =>
    assert.equal(findTool("ffmpeg"), process.execPath),
  );
  withEnvironment({ FFPROBE_PATH: "/nowhere/ffprobe" }, () => {
    assert.throws(() => findTool("ffprobe"), {
      code: "E_NO_FFMPEG",
      message: /FFPROBE_PATH=\/nowhere\/ffprobe/,
    });
  });
  withEnvironment({ FFMPEG_PATH: undefined, PATH: "/nowhere" }, () => {
    assert.throws(() => findTool("ffmpeg"), { code: "E_NO_FFMPEG", message: /apt-get install ffmpeg/ });
  });
});

test("ffmpeg is asked once for its options, and an option of a library is none", async () => {
  const dir = scratchFolder();
  const program = join(dir, "ffmpeg");
  const asked = join(dir, "asked");
  const says = ["-apply_cropping[:<stream_spec>]  select", "  -autorotate <boolean>", "-vsync"].join("\n");
  writeFileSync(program, `#!/bin/sh\necho x >> '${asked}'\ncat <<'END'\n${says}\nEND\n`);
  chmodSync(program, 0o755);
  const kept = process.env["FFMPEG_PATH"];
  process.env["FFMPEG_PATH"] = program;
  try {
    assert.equal(await ffmpegTakes("apply_cropping"), true);
    assert.equal(await ffmpegTakes("autorotate"), false);
    assert.equal(await ffmpegTakes("vs"), false);
    assert.equal(readFileSync(asked, "utf8"), "x\n");
    process.env["FFMPEG_PATH"] = "/bin/false";
    await assert.rejects(ffmpegTakes("apply_cropping"), { code: "E_NO_FFMPEG", message: /\/bin\/false/ });
  } finally {
    if (kept === undefined) delete process.env["FFMPEG_PATH"];
    else process.env["FFMPEG_PATH"] = kept;
  }
});
