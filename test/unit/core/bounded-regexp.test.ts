/** Expressions of others end in time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "../../../lib/core/bounded-regexp.js";

test("says which texts match", () => {
  assert.deepEqual(matching("^a.c$", ["abc", "abcd", "a.c"]), [true, false, true]);
  assert.throws(() => matching("(", []), { name: "SyntaxError" });
});

test("gives up on what takes too long", () => {
  const texts = new Array(2_000_000).fill("abcabcabcabc");
  assert.equal(matching("(c|b|a)+d", texts, 5), null);
});
