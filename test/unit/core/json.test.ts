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
