/** Commands whose reader goes away, with the real engine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [join(packageRoot(), "dist", "lib", "cli", "main.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  // As `head` does.
  child.stdout.once("data", () => child.stdout.destroy());
  return child;
}

/** What is said of the small model before its first score. */
const NOTICE = /^vqathinker's small checkpoint [^\n]*\n/;

test("score ends without a word of it", async () => {
  const { videos } = await renderedVideos(12);
  const child = start(["score", "--json", "--batch-size", "1", "--threads", "1", ...videos]);
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text;
  });
  assert.deepEqual(await once(child, "close"), [141, null]);
  assert.match(said, NOTICE);
  assert.equal(said.replace(NOTICE, ""), "");
});

test("score goes on into its file", async () => {
  const { videos } = await renderedVideos(12);
  const out = join(await scratch(), "scores.jsonl");
  const child = start(["score", "--batch-size", "1", "--threads", "1", "--out", out, ...videos]);
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text;
  });
  assert.deepEqual(await once(child, "close"), [0, null], said);
  assert.match(
    said.replace(NOTICE, ""),
    /^standard output: .*EPIPE; scoring goes on, .*scores\.jsonl will hold the results\n$/,
  );
  assert.equal((await readFile(out, "utf8")).trim().split("\n").length, videos.length);
});

test("train goes on without printing; a hang-up then saves and stops it, and it can go on", async () => {
  const { manifest } = await renderedVideos(12);
  const out = join(await scratch(), "run");
  const few = "--videos-per-step 2 --samples 2 --max-new-tokens 24 --threads 1".split(" ");
  const child = start(["train", "--data", manifest, "--out", out, "--steps", "400", ...few]);
  let said = "";
  let hungUp = false;
  child.stderr.on("data", (text: Buffer) => {
    said += text;
    if (hungUp || !said.includes("the run goes on, its folder tells the rest")) return;
    hungUp = true;
    child.kill("SIGHUP");
  });
  assert.deepEqual(await once(child, "close"), [0, null], said);
  assert.match(said, /stopping: the step's work is finished or dropped, then saved/);
  const events = (await readFile(join(out, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; step: number; path: string });
  const last = events.findLast(({ type }) => type === "checkpoint");
  assert.ok(last);
  await readFile(join(last.path, "model.safetensors"));
});
