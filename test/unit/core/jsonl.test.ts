/** Files of one JSON value a line. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { appendJsonLines, parseJsonLines, readJsonLines } from "../../../lib/core/jsonl.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

test("lines come back with their numbers; typed arrays are lists, NaN is null", async () => {
  const file = join(dir, "lines.jsonl");
  appendJsonLines(file, [{ a: Float64Array.of(1, Number.NaN) }]);
  appendJsonLines(file, [{ b: "\n" }]);
  assert.deepEqual(await readJsonLines(file), [
    { value: { a: [1, null] }, line: 1 },
    { value: { b: "\n" }, line: 2 },
  ]);
  assert.throws(() => parseJsonLines("{}\n\n{", "f"), { code: "E_FORMAT", message: /^f:3: / });
  const deep = `{"a":${"[".repeat(64)}${"]".repeat(64)}}`;
  assert.throws(() => parseJsonLines(`{}\n${deep}`, "f"), { code: "E_FORMAT", message: /^f:2: .*64 deep/ });
});
