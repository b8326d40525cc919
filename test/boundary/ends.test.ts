/**
 * Ways to end a thread or a process, amid every kind of work, at drawn moments. `npm run endings:processes` does
 * the same many times, under other runtimes too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnEnd, ENDS, ended, NODE_AT_HAND } from "../helpers/ends.js";

const SEED = 7;
/** Of the pairs of a way and a work every other one: each of both comes several times. */
const STEP = 2;

test("nothing hangs and nothing crashes", { concurrency: 2 }, async (t) => {
  const ends = Array.from({ length: Math.ceil(ENDS / STEP) }, (_, i) => drawnEnd(SEED, STEP * i));
  await Promise.all(
    ends.map((end) =>
      t.test(`${end.way} amid ${end.work} after ${end.delay} ms`, async () => {
        assert.equal(await ended(NODE_AT_HAND, end), null);
      }),
    ),
  );
});
