import assert from "node:assert/strict";
import { totalmem } from "node:os";
import { test } from "node:test";
import { hostMemory } from "../../../lib/core/own-memory.js";

test("the machine's memory bounds what is there, and that what is free; the process's own counts as free", () => {
  const { total, free } = hostMemory();
  assert.ok(total > 0 && total <= totalmem());
  assert.ok(free <= total && free >= process.memoryUsage.rss() / 2);
});
