import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJsonObject } from "../../../lib/core/json.js";

const parse = (text: string) => parseJsonObject(new TextEncoder().encode(text), "file.json");

test("reads an object as JSON.parse does", () => {
  const text = '{"a":[{"k":1},{"k":2}],"b":{"a":null},"c":"{\\"a\\":1,\\"a\\":2}","d\\\\":"\\"x\\":"}';
  assert.deepEqual(parse(text), JSON.parse(text));
});

test("refuses a key that stands twice in one object, however it is written and wherever it is", () => {
  for (const text of [
    '{"a":1,"a":2}',
    '{"b":[{"a":1 , "a" : 2}]}',
    '{"a":1,"b":{"a":[]},"\\u0061":2}',
    '{"":1,"":2}',
  ]) {
    assert.throws(
      () => parse(text),
      { code: "E_FORMAT", message: /^file\.json: the key "a?" stands twice/ },
      text,
    );
  }
});

test("refuses what is not an object in UTF-8", () => {
  for (const text of ["[1]", "null", '"text"', "3"])
    assert.throws(() => parse(text), { message: /expected a JSON object/ });
  assert.throws(() => parse('{"a":1'), { code: "E_FORMAT", message: /expected JSON/ });
  assert.throws(() => parseJsonObject(Uint8Array.of(0x7b, 0xc0, 0x7d), "file.json"), {
    message: /expected UTF-8 text/,
  });
});

test("refuses what nests without end, and counts no bracket inside text", () => {
  const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  assert.deepEqual(parse(nested(64)), JSON.parse(nested(64)));
  assert.throws(() => parse(nested(65)), { message: "file.json: expected JSON that nests 64 deep at most" });
  assert.throws(() => parse("[".repeat(1_000_000)), { code: "E_FORMAT", message: /nests 64 deep/ });
  const text = JSON.stringify({ a: `\\"${"[{".repeat(100)}` });
  assert.deepEqual(parse(text), JSON.parse(text));
});

test("finds a key that stands twice behind very long text", () => {
  const long = "x".repeat(10_000_000);
  assert.throws(() => parse(`{"${long}":1,"b":2,"b":3}`), { message: /the key "b" stands twice/ });
  assert.throws(() => parse(`{"a":"${long}`), { code: "E_FORMAT", message: /expected JSON/ });
});
