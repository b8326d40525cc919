/** Every policy loss against TRL's own function, on the CPU. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertTrlLoss, RECORDED_LOSSES } from "../helpers/trl-losses.js";

test("all recorded cases are here", () => assert.equal(RECORDED_LOSSES.length, 89));

for (const recorded of RECORDED_LOSSES) test(recorded.name, () => assertTrlLoss(recorded, "cpu"));
