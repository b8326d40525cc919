/** The fuzzer notices every way in which a reader can misbehave, and hands back the input that did it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MISDEEDS } from "../fuzz/misbehaving.js";
import { runTarget } from "../fuzz/run.js";

const module = new URL("../fuzz/misbehaving.js", import.meta.url).href;
/** Only endless work is to be stopped by the clock: on a slow machine the other misdeeds take their time too. */
const [HANG_SECONDS, NO_HANG] = [2, 600];

/** What the fuzzer says of one misdeed. */
async function judged(misdeed: keyof typeof MISDEEDS) {
  const replay = Uint8Array.of(Object.keys(MISDEEDS).indexOf(misdeed));
  const hangSeconds = misdeed === "endless work" ? HANG_SECONDS : NO_HANG;
  const { failure, ...counts } = await runTarget({ module, seed: 0, seconds: 1, replay }, hangSeconds);
  if (failure !== null) assert.deepEqual(failure.input, replay);
  return { problem: failure?.problem ?? null, ...counts };
}

test("counts what is taken and what is refused in order", async () => {
  assert.deepEqual(await judged("none"), { problem: null, executions: 1, accepted: 1 });
  assert.deepEqual(await judged("refusal"), { problem: null, executions: 1, accepted: 0 });
  const { executions, accepted, failure } = await runTarget({ module, seed: 3, seconds: 0.2, replay: null });
  assert.equal(failure, null);
  assert.ok(accepted > 0 && accepted < executions);
});

const NOTICED: readonly (readonly [misdeed: keyof typeof MISDEEDS, expected: RegExp])[] = [
  ["another error", /^RangeError: Maximum call stack size exceeded/],
  ["another code", /refused with E_OPTION/],
  ["no file", /does not name the file first: is wrong/],
  ["a long message", /refused with \d+ characters/],
  ["endless work", /takes more than 2 seconds/],
  ["endless objects", /out of memory|memory limit/i],
  ["large buffers", /took \d+ bytes of memory/],
];

for (const [misdeed, expected] of NOTICED) {
  test(`notices ${misdeed}`, async () => assert.match((await judged(misdeed)).problem ?? "", expected));
}
