/** The offer at a terminal, which Python's pty lends: what is asked, and what each answer does. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { cacheFolder } from "../../../lib/libtorch/cache.js";
import { findTool } from "../../../lib/video/tools.js";
import { SERVED_FOLDER, servedIndex } from "../../helpers/served.js";
import { scratchFolder } from "../../helpers/video-files.js";

const MAIN = join(packageRoot(), "dist", "lib", "cli", "main.js");
const scratch = scratchFolder();
/** A video as far as can be seen without opening it. */
const VIDEO = join(scratch, "a.mp4");
writeFileSync(VIDEO, "never opened");

/** Runs argv[3:] with a terminal and the environment of argv[2], types argv[1] once it is asked, prints what was shown. */
const AT_TERMINAL = `
import json, os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execve(sys.argv[3], sys.argv[3:], json.loads(sys.argv[2]))
shown, typed = b"", False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if b"] " in shown and not typed:
        os.write(terminal, sys.argv[1].encode().decode("unicode_escape").encode())
        typed = True
os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
`;

async function answered(
  answer: string,
): Promise<{ shown: string; cache: string[]; asked: readonly string[] }> {
  const index = await servedIndex();
  const env = {
    HOME: mkdtempSync(join(scratch, "home-")),
    PATH: "/nowhere",
    FFMPEG_PATH: findTool("ffmpeg"),
    FFPROBE_PATH: findTool("ffprobe"),
    VQAT_WHEEL_INDEX: `${index.url}/whl/cpu`,
  };
  const args = ["-c", AT_TERMINAL, answer, JSON.stringify(env), process.execPath, MAIN, "score", VIDEO];
  const child = spawn("python3", args, { stdio: ["ignore", "pipe", "inherit"] });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  await new Promise((closed) => child.once("close", closed));
  const cache = existsSync(cacheFolder(env)) ? readdirSync(cacheFolder(env)) : [];
  return { shown, cache, asked: index.asked };
}

test("yes fetches, and the command goes on with it", async () => {
  const { shown, cache } = await answered("y\\n");
  assert.match(
    shown,
    /libtorch 2\.\d+, which computes, is not on this machine\. Fetch the CPU build .*\[y\/N\] .*y/,
  );
  assert.match(shown, /fetching http/);
  assert.match(shown, /E_UNAVAILABLE: .*vqathinker\.node cannot be loaded/, "its libtorch has nothing in it");
  assert.deepEqual(cache, [SERVED_FOLDER]);
});

for (const [what, answer] of [
  ["enter", "\\n"],
  ["no", "n\\n"],
  ["Ctrl-C", "\\x03"],
  ["the end of input", "\\x04"],
] as const) {
  test(`${what} fetches nothing and tells the commands`, async () => {
    const { shown, cache, asked } = await answered(answer);
    assert.match(shown, /E_NO_LIBTORCH: .*npx vqathinker setup/s);
    assert.deepEqual([cache, asked], [[], []]);
  });
}
