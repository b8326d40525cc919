/** Frames for numbers, against what decord 0.6.0 gave; recipe: test/goldens/recipes/decord_walk.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decordFrames } from "../../../lib/video/decord-walk.js";
import { packetOrder, pictureOrder } from "../../../lib/video/packets.js";
import { golden } from "../../helpers/goldens.js";

interface Recorded {
  readonly container: string;
  readonly packets: readonly [pts: number, dts: number | null, flags: string][];
  readonly asked: readonly number[][];
  readonly given: readonly number[][];
}

function orderOf({ packets, container }: Recorded) {
  const timed = packets.map(([pts, dts, flags]) => ({ pts, flags, ...(dts === null ? {} : { dts }) }));
  return packetOrder(timed, container, pictureOrder(timed, new Set()));
}

const cases = Object.entries(golden("decord-walk") as Record<string, Recorded>);

for (const [name, found] of cases) {
  test(name, () => {
    const order = orderOf(found);
    assert.notEqual(order, null);
    for (const [i, numbers] of found.asked.entries()) {
      assert.deepEqual([...decordFrames(order, numbers)], found.given[i], `asked for ${numbers}`);
    }
  });
}
