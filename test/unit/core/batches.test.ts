/** Batches of opened items: order, how far ahead items are taken, and that nothing stays open whoever ends it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BatchWork, inBatches } from "../../../lib/core/batches.js";

interface Watched {
  readonly how: BatchWork<number, number, number>;
  readonly batches: number[][];
  open: number;
}

/** Opens a number as itself and squares it. */
function watched(size: number, signal?: AbortSignal): Watched {
  const seen: Watched = {
    batches: [],
    open: 0,
    how: {
      size,
      signal,
      async open(item) {
        await new Promise((go) => setImmediate(go));
        if (item === 13) throw new Error("unlucky");
        seen.open++;
        return item;
      },
      async work(batch) {
        seen.batches.push([...batch]);
        return batch.map((item) => item ** 2);
      },
      close: () => {
        seen.open--;
      },
    },
  };
  return seen;
}

async function all<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const tick = () => new Promise((go) => setTimeout(go, 5));

test("results come in order, in batches, the last one smaller; of nothing comes nothing", async () => {
  const seen = watched(2);
  assert.deepEqual(await all(inBatches([1, 2, 3, 4, 5], seen.how)), [1, 4, 9, 16, 25]);
  assert.deepEqual(seen.batches, [[1, 2], [3, 4], [5]]);
  assert.deepEqual(await all(inBatches(new Set<number>(), seen.how)), []);
  assert.equal(seen.open, 0);
});

test("items are taken two batches ahead and no further, and their source is told when it is left", async () => {
  const seen = watched(3);
  let [taken, left] = [0, false];
  async function* endless() {
    try {
      for (;;) yield taken++;
    } finally {
      left = true;
    }
  }
  for await (const result of inBatches(endless(), seen.how)) {
    await tick();
    assert.ok(taken <= Math.floor(Math.sqrt(result) / 3) * 3 + 6, `${taken} taken at ${result}`);
    if (result === 49) break;
  }
  assert.deepEqual([left, seen.open], [true, 0]);
});

test("a source that pauses holds back no result before, no leaving and no abort", async () => {
  async function* pausing() {
    yield 1;
    yield 2;
    yield 3;
    await new Promise(() => {});
  }
  const seen = watched(2);
  for await (const result of inBatches(pausing(), seen.how)) if (result === 4) break;
  assert.equal(seen.open, 0);
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = watched(2, controller.signal);
  const results: number[] = [];
  await assert.rejects(async () => {
    for await (const result of inBatches(pausing(), aborted.how)) {
      results.push(result);
      if (result === 4) setTimeout(() => controller.abort(reason), 5);
    }
  }, reason);
  assert.deepEqual([results, aborted.open], [[1, 4], 0]);
});

test("an error of source, opening or work ends it, after the results before it, with nothing open", async () => {
  function* failing() {
    yield* [1, 2, 3];
    throw new Error("no more");
  }
  for (const [items, message] of [
    [failing(), "no more"],
    [[1, 2, 3, 13], "unlucky"],
  ] as const) {
    const seen = watched(2);
    const results: number[] = [];
    await assert.rejects(
      async () => {
        for await (const result of inBatches(items, seen.how)) results.push(result);
      },
      { message },
    );
    assert.deepEqual([results, seen.open], [[1, 4], 0]);
  }
  const seen = watched(2);
  const work = () => Promise.reject(new Error("tired"));
  await assert.rejects(all(inBatches([1, 2, 3], { ...seen.how, work })), { message: "tired" });
  assert.equal(seen.open, 0);
});
