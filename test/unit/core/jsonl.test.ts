/** Files of one JSON value a line. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  appendJsonLines,
  cutJsonLines,
  parseJsonLines,
  readCutJsonLines,
  readJsonLines,
} from "../../../lib/core/jsonl.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import { rejects } from "../../helpers/refused.js";
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
  assert.throws(() => parseJsonLines('{"a":1}\n{"a":1,"b":{"c":1,"\\u0063":2}}', "f"), {
    code: "E_FORMAT",
    message: /^f:2: the key "c" stands twice in one object/,
  });
  const deep = `{"a":${"[".repeat(64)}${"]".repeat(64)}}`;
  assert.throws(() => parseJsonLines(`{}\n${deep}`, "f"), { code: "E_FORMAT", message: /^f:2: .*64 deep/ });
});

const moduleFile = join(packageRoot(), "dist", "lib", "core", "jsonl.js");

/** Appends lines of 300 bytes until a file may grow no more; gives what was said. */
function appendUntilFull(file: string): string {
  const program = `import { appendJsonLines } from ${JSON.stringify(moduleFile)};
    try { for (;;) appendJsonLines(process.argv[1], [{ pad: "x".repeat(140) }, { pad: "y".repeat(139) }]); }
    catch ({ code, message }) { console.log(code, message); }`;
  const node = [process.execPath, "--input-type=module", "--eval", program, file];
  return spawnSync("sh", ["-c", 'ulimit -f 8; exec "$@"', "sh", ...node], { encoding: "utf8" }).stdout;
}

test("a full disk takes no part of a line: what it took is cut off again, and the file is named", async () => {
  const file = join(dir, "full.jsonl");
  assert.match(appendUntilFull(file), /^E_FORMAT \S+full\.jsonl: cannot be written: EFBIG/);
  const text = readFileSync(file, "utf8");
  assert.ok(text.length > 3000 && text.endsWith("\n"));
  assert.equal((await readJsonLines(file)).length % 2, 0);
  const gone = join(dir, "no", "file.jsonl");
  assert.throws(() => appendJsonLines(gone, [{}]), {
    code: "E_FORMAT",
    message: /^\S+file\.jsonl: cannot be written: ENOENT/,
  });
});

test("a last line that was cut short is told apart; anywhere else it is refused", async () => {
  const file = join(dir, "cut.jsonl");
  const whole = '{"a":1}\n{"b":{"c":2}}';
  for (let length = 8; length < whole.length; length++) {
    writeFileSync(file, whole.slice(0, length));
    const { lines, cut } = await readCutJsonLines(file);
    assert.deepEqual([lines, cut], [[{ value: { a: 1 }, line: 1 }], whole.slice(8, length)]);
  }
  for (const [text, count] of [
    ["", 0],
    [whole.slice(0, 7), 1],
    [whole, 2],
    [`${whole}\n`, 2],
  ] as const) {
    writeFileSync(file, text);
    const { lines, cut } = await readCutJsonLines(file);
    assert.deepEqual([lines.length, cut], [count, ""]);
  }
  for (const tail of ["\0\0\0", '{"\u{1f600}'.slice(0, 3), "\ufffd"]) {
    writeFileSync(file, `{"a":1}\n${tail}`);
    assert.deepEqual([(await readCutJsonLines(file)).lines.length], [1]);
    assert.notEqual((await readCutJsonLines(file)).cut, "");
    writeFileSync(file, `${tail}\n{"a":1}\n`);
    await rejects(readCutJsonLines(file), file, /^:1: expected a JSON object/);
    writeFileSync(file, `{"a":1}\n${tail}\n`);
    await rejects(readCutJsonLines(file), file, /^:2: expected a JSON object/);
  }
});

test("a log of any size is cut off at its first later line, or where a line was cut short", async () => {
  const file = join(dir, "long.jsonl");
  const isLater = (value: unknown) => (value as { step: number }).step > 2;
  // Longer than what is read at once, with a letter of two bytes at every place of its border.
  const row = (step: number) => JSON.stringify({ step, text: "é".repeat(300_000) });
  const [one, two, three] = [row(1), row(2), row(3)];
  for (const [text, left, cut] of [
    [`${one}\n${two}\n${three}\n${row(1)}\n`, `${one}\n${two}\n`, ""],
    [`${one}\n${two}`, `${one}\n${two}\n`, ""],
    [`${one}\n\n${two}\n${three}`, `${one}\n\n${two}\n`, ""],
    [`${one}\n${two}\n{"step":3,"te`, `${one}\n${two}\n`, '{"step":3,"te'],
    [`${one}\n${three}\n{"step":3,"te`, `${one}\n`, '{"step":3,"te'],
    [`${one}\n${two}\n`, `${one}\n${two}\n`, ""],
    [`${three}\n`, "", ""],
    ["", "", ""],
  ] as const) {
    writeFileSync(file, text);
    assert.equal(await cutJsonLines(file, isLater), cut);
    assert.ok(readFileSync(file, "utf8") === left, `${text.length} bytes`);
  }
  writeFileSync(file, `${one}\nno JSON\n${two}\n`);
  await rejects(cutJsonLines(file, isLater), file, /^:2: expected a JSON object/);
});
