/** The line that says how far a long read, write or fetch is: on a terminal, in a log, and not at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { byteProgress, stageProgress } from "../../../lib/core/progress.js";

function screen(isTTY: boolean) {
  const shown: string[] = [];
  return { shown, to: { isTTY, write: (text: string) => shown.push(text) } };
}

test("a terminal's line is written over and ends with the last byte; a log gets a line each tenth", () => {
  const terminal = screen(true);
  const log = screen(false);
  for (const { to } of [terminal, log]) {
    const tell = byteProgress("loading x", to);
    for (let done = 0; done <= 100; done++) tell(done * 1e7, 1e9);
  }
  assert.equal(terminal.shown.length, 101);
  assert.equal(terminal.shown.at(-1), "\rloading x: 1.00 GB of 1.00 GB\n");
  assert.deepEqual(log.shown.length, 10);
  assert.equal(log.shown[0], "loading x: 0.10 GB of 1.00 GB\n");
});

test("what is done at once is not told; what is fetched is told earlier, each stage by its name", () => {
  const { shown, to } = screen(false);
  byteProgress("loading x", to)(2e8, 2e8);
  assert.deepEqual(shown, []);
  const tell = stageProgress(to);
  tell("fetching", 1e8, 2e8);
  tell("unpacking", 1e6, 2e6);
  tell("unpacking", 4e8, 5e8);
  tell("fetching", 2e8, 2e8);
  assert.deepEqual(shown, [
    "fetching: 0.10 GB of 0.20 GB\n",
    "unpacking: 0.40 GB of 0.50 GB\n",
    "fetching: 0.20 GB of 0.20 GB\n",
  ]);
});
