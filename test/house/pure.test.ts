/** Rewards and answer parsing know nothing but core, and zod for a schema: a user can read and replace them alone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, sourceFiles } from "../helpers/sources.js";

test("rewards and text/answer.ts import core only, and zod", () => {
  const files = sourceFiles(/^lib\/(rewards\/.*|text\/answer|video\/frame-plan)\.ts$/);
  assert.ok(files.length >= 8);
  const found = findings(files, (line) => {
    const target = /from "([^"]+)"/.exec(line)?.[1];
    return target === undefined || /^(\.\.\/core\/|\.\/|zod$)/.test(target) ? null : target;
  });
  assert.deepEqual(found, []);
});
