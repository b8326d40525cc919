/** Threads and processes that end amid a job: the job stops at its next safe point, nothing crashes, nothing hangs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../helpers/teardown-process.js", import.meta.url));
/** The job left behind takes longer than this; its next safe point comes within milliseconds. */
const PATIENCE = 60_000;

function ended(way: "thread" | "exit") {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, way], {
    encoding: "utf8",
    timeout: PATIENCE,
  });
  return { status, signal, stdout, stderr };
}

test("a thread that is terminated amid a job leaves a process that computes, and frees its model", () => {
  assert.deepEqual(ended("thread"), { status: 0, signal: null, stdout: "1 group, 1 model\n", stderr: "" });
});

test("a process that exits amid a job ends with its own code", () => {
  assert.deepEqual(ended("exit"), { status: 7, signal: null, stdout: "", stderr: "" });
});
