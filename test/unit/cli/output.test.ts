/** Commands whose output nobody reads, or nothing takes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";

const MAIN = join(packageRoot(), "dist", "lib", "cli", "main.js");

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function ended(stdout: "pipe" | number, stderr: "pipe" | number, args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", stdout, stderr] });
  // Closed long before the command has started.
  child.stdout?.destroy();
  let said = "";
  child.stderr?.on("data", (text: Buffer) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}

async function withFull<T>(use: (full: number) => Promise<T>): Promise<T> {
  const full = openSync("/dev/full", "w");
  try {
    return await use(full);
  } finally {
    closeSync(full);
  }
}

for (const args of [["inspect", "tiny"], ["inspect", "tiny", "--json"], ["doctor"], ["train", "--help"]])
  test(`${args.join(" ")}, and nobody reads: no word, the code of a closed pipe`, async () => {
    assert.deepEqual(await ended("pipe", "pipe", args), { code: 141, said: "" });
  });

test("a full disk is an error in words", async () => {
  const { code, said } = await withFull((full) => ended(full, "pipe", ["inspect", "tiny"]));
  assert.equal(code, 1);
  assert.match(
    said,
    /^E_FORMAT: standard output: cannot be written: ENOSPC.*; make room or write elsewhere\n$/,
  );
});

test("a message that nobody takes changes no exit code", async () => {
  for (const [args, code] of [
    [["score", "--nothing"], 2],
    [["inspect", "nowhere"], 1],
  ] as const)
    assert.equal((await withFull((full) => ended("pipe", full, [...args]))).code, code);
});
