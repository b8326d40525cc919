/**
 * Every way to end a thread or a process, amid every kind of work, at a drawn moment. `npm run endings:processes` does
 * the same many times, under other runtimes too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnEnd, ENDS, ended, NODE_AT_HAND } from "../helpers/ends.js";

const SEED = 7;

test("nothing hangs and nothing crashes", { concurrency: 2 }, async (t) => {
  const ends = Array.from({ length: ENDS }, (_, i) => drawnEnd(SEED, i));
  await Promise.all(
    ends.map((end) =>
      t.test(`${end.way} amid ${end.work} after ${end.delay} ms`, async () => {
        assert.equal(await ended(NODE_AT_HAND, end), null);
      }),
    ),
  );
});
