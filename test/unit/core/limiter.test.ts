/** How many run at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limiterOf } from "../../../lib/core/limiter.js";

test("a limiter runs so many at a time, in order, and goes on after a failure", async () => {
  const limit = limiterOf(2);
  const started: number[] = [];
  let running = 0;
  const task = (i: number) =>
    limit(async () => {
      started.push(i);
      assert.ok(++running <= 2);
      await new Promise((go) => setImmediate(go));
      running--;
      if (i === 1) throw new Error("one");
      return i;
    });
  const ends = await Promise.allSettled([0, 1, 2, 3, 4].map(task));
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    ends.map((end) => (end.status === "fulfilled" ? end.value : "failed")),
    [0, "failed", 2, 3, 4],
  );
});
