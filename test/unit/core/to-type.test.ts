/** Commands in messages can be typed as they stand. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { toType } from "../../../lib/core/to-type.js";

test("the program is started by npx, and a plain argument stays as it is", () => {
  assert.equal(toType("train", "--resume", "/runs/a-1"), "npx vqathinker train --resume /runs/a-1");
  assert.equal(toType("setup"), "npx vqathinker setup");
});

test("a shell hands on every argument as it was", () => {
  const args = ["my run", "it's", "$HOME", "a;b", "*", "", "tab\tand\nline", "~", "käse", "\\", "`id`"];
  const echo = `printf '%s\\0' ${toType(...args).replace("npx vqathinker ", "")}`;
  const said = execFileSync("/bin/sh", ["-c", echo], { encoding: "utf8" });
  assert.deepEqual(said.split("\0").slice(0, -1), args);
});
