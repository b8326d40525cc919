/** The first signal aborts and says so, the second one ends the process with the shell's number for it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../helpers/stopped-process.js", import.meta.url));

async function stoppedBy(first: NodeJS.Signals, second: NodeJS.Signals) {
  const child = spawn(process.execPath, [SCRIPT]);
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said += text;
  });
  const lines: string[] = [];
  const ended = once(child, "close") as Promise<[number | null, string | null]>;
  child.stdout.on("data", (text: Buffer) => {
    lines.push(`${text}`.trim());
    child.kill(lines.length === 1 ? first : second);
  });
  const [code, signal] = await ended;
  return { code, signal, said, lines };
}

for (const [first, second, code] of [
  ["SIGINT", "SIGINT", 130],
  ["SIGHUP", "SIGTERM", 143],
  ["SIGTERM", "SIGHUP", 129],
] as const)
  test(`${first}, then ${second}`, async () => {
    assert.deepEqual(await stoppedBy(first, second), {
      code,
      signal: null,
      said: "\nstopping: what was made is kept; once more stops at once\n",
      lines: ["ready", "aborted"],
    });
  });
