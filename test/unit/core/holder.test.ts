/** Whether the process that holds a folder still lives, for every place that it may have been in. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import {
  type Holder,
  type HolderState,
  holderSchema,
  stateOf,
  thisProcess,
} from "../../../lib/core/holder.js";

const here = thisProcess();
const PROC = { skip: existsSync("/proc/self/ns/pid") ? false : "needs /proc" };
/** A machine that has no /proc and no machine-id. */
const plain: Holder = { ...here, started: null, boot: null, machine: null, pidNamespace: null };
const NOBODY = 2 ** 22 + 1;

test("a process says of itself what a later one can compare", PROC, () => {
  assert.deepEqual(holderSchema.parse(JSON.parse(JSON.stringify(here))), here);
  assert.ok(here.started !== null && here.boot !== null && here.pidNamespace !== null);
  assert.deepEqual(thisProcess(), here);
});

test("alive is who has the id and the start; an id that is used again is not", PROC, () => {
  const cases: [Partial<Holder>, HolderState][] = [
    [{}, "alive"],
    [{ started: `${here.started}0` }, "ended"],
    [{ pid: NOBODY }, "ended"],
    // A name of the machine may change while it runs.
    [{ host: "renamed" }, "alive"],
    [{ machine: null }, "alive"],
    [{ pidNamespace: "pid:[1]" }, "unseen"],
    [{ pidNamespace: null }, "unseen"],
    [{ boot: "other", host: "other" }, "unseen"],
    [{ boot: "other", machine: "other" }, "unseen"],
    [{ boot: null, machine: null }, "unseen"],
  ];
  const machine = here.machine ?? "m";
  for (const [more, state] of cases)
    assert.equal(stateOf({ ...here, machine, ...more }, { ...here, machine }), state, JSON.stringify(more));
});

test("a machine that was started again holds nothing; which it is, name and number say together", () => {
  const [then, now] = [
    { ...here, boot: "a", machine: "m" },
    { ...here, boot: "b", machine: "m" },
  ];
  assert.equal(stateOf(then, now), "ended");
  assert.equal(stateOf({ ...then, host: "other" }, now), "unseen");
  assert.equal(stateOf({ ...then, machine: null }, { ...now, machine: null }), "unseen");
});

test("without /proc the id alone is looked up, on a machine of the same name", () => {
  assert.equal(stateOf(plain, plain), "alive");
  assert.equal(stateOf({ ...plain, pid: NOBODY }, plain), "ended");
  assert.equal(stateOf({ ...plain, host: "other", pid: NOBODY }, plain), "unseen");
});
