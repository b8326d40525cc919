import assert from "node:assert/strict";
import { test } from "node:test";
import { listed, printable, refuse, shown } from "../../../lib/core/refuse.js";

test("shows text of a file without what a terminal would obey, and cuts it", () => {
  assert.equal(printable("blocks.0.größe"), "blocks.0.größe");
  assert.equal(printable("a\u001b[2J\nb\u202e\ud800"), "a\\u001b[2J\\u000ab\\u202e\\ud800");
  assert.equal(printable("x".repeat(500)), `${"x".repeat(200)}…`);
  assert.equal(shown({ a: [1, "\u001b"] }), '{"a":[1,"\\u001b"]}');
  assert.equal(shown(undefined), "none");
  const circle: unknown[] = [];
  circle.push(circle);
  assert.deepEqual([circle, [2n], { toJSON: () => undefined }, () => 1].map(shown), [
    ...["[object Array]", "[object Array]", "[object Object]", "a function"],
  ]);
  assert.deepEqual([NaN, 0, 2n, null, true, "a\u0085"].map(shown), [
    "NaN",
    "0",
    "2n",
    "null",
    "true",
    '"a\\u0085"',
  ]);
});

test("lists the first names of many", () => {
  assert.equal(listed([]), "");
  assert.equal(listed(["a", "b\n"]), "a, b\\u000a");
  assert.equal(listed(["a", "b", "c", "d"], 2), "a, b and 2 more");
});

test("refuses with the file first, then the place", () => {
  assert.throws(() => refuse("f.pt", "a\n", "is wrong"), {
    code: "E_FORMAT",
    message: "f.pt: a\\u000a: is wrong",
    details: { file: "f.pt", key: "a\\u000a" },
  });
  assert.throws(() => refuse("f.pt", null, "is wrong"), {
    message: "f.pt: is wrong",
    details: { file: "f.pt", key: null },
  });
});
