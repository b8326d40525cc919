/** A command that a signal ends while it writes a file leaves nothing of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const main = join(packageRoot(), "dist", "lib", "cli", "main.js");
const line = ["make-random", "--like", "internvl3-1b", "--layers", "1", "--out"];
const running = new Set<ReturnType<typeof spawn>>();
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

async function endedBy(signal: NodeJS.Signals, out: string) {
  const child = spawn(process.execPath, [main, ...line, out], { stdio: "ignore" });
  running.add(child);
  const ended = once(child, "exit");
  while (child.exitCode === null && !halves(out, child.pid)) await setTimeout(5);
  child.kill(signal);
  const [code, by] = await ended;
  running.delete(child);
  return { code, by, left: readdirSync(out) };
}

/** What is tried before, whether the folder takes a file, is none of them. */
function halves(out: string, pid: number | undefined): boolean {
  try {
    return readdirSync(out).some((name) => name.includes(`.safetensors.part-${pid}-`));
  } catch {
    return false;
  }
}

test("make-random: a signal that can be heard takes the half away, the next run what a kill left", async () => {
  const out = join(dir, "model");
  mkdirSync(out);
  // Of other sizes, which are in other files.
  writeFileSync(join(out, `model-00002-of-00004.safetensors.part-${2 ** 22 + 1}-1`), "half");
  writeFileSync(join(out, "notes.txt"), "mine");
  const killed = await endedBy("SIGKILL", out);
  assert.deepEqual([killed.by, killed.left.length], ["SIGKILL", 2], `${killed.left}`);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    assert.deepEqual(await endedBy(signal, out), { code, by: null, left: ["notes.txt"] });
});
