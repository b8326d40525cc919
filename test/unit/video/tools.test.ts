/** Where ffmpeg is looked for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findTool } from "../../../lib/video/tools.js";

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
