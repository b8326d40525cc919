import assert from "node:assert/strict";
import { test } from "node:test";
import { binary, scaled } from "../../../lib/core/size-text.js";

test("sizes are told by the largest unit that leaves one before the point", () => {
  assert.deepEqual([0, 1023, 1024, 1.5 * 2 ** 30, 2 ** 52].map(binary), [
    "0 B",
    "1023 B",
    "1.00 KiB",
    "1.50 GiB",
    "4096.00 TiB",
  ]);
  assert.equal(scaled(8e9, 1000, ["", "K", "M", "B"]), "8.00 B");
  assert.equal(scaled(12, 1000, ["", "K"]), "12");
});
