/** A prompt file's parts. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parsePrompt, readPrompt } from "../../../lib/text/prompt-file.js";
import { scratchFolder } from "../../helpers/video-files.js";

const parse = (text: string) => parsePrompt(text, "p.txt");

test("one line is the whole text; two lines or paragraphs are question and instruction", () => {
  assert.deepEqual(parse("All of it."), { question: "All of it." });
  assert.deepEqual(parse("\n \nAll of it.\n\n"), { question: "All of it." });
  assert.deepEqual(parse("Q?\nSo.\n"), { question: "Q?", instruction: "So." });
  assert.deepEqual(parse("Q?\r\n\r\nSo.\r\n"), { question: "Q?", instruction: "So." });
  assert.deepEqual(parse("Q\ngoes on?\n\n\nSo\nit is."), {
    question: "Q\ngoes on?",
    instruction: "So\nit is.",
  });
  assert.deepEqual(parse(" Q? \n So. "), { question: " Q? ", instruction: " So. " });
});

test("no text, more than two parts, no file, other bytes than UTF-8", async () => {
  for (const text of ["", " \n\n", "a\nb\nc", "a\n\nb\n\nc"])
    assert.throws(() => parse(text), { code: "E_FORMAT", message: /^p\.txt: expected one line, or/ }, text);
  const dir = scratchFolder();
  const file = join(dir, "p.txt");
  await assert.rejects(readPrompt(file), {
    code: "E_FORMAT",
    message: /p\.txt: expected a file with the que/,
  });
  await assert.rejects(readPrompt(dir), { code: "E_FORMAT", message: /cannot be read/ });
  writeFileSync(file, Uint8Array.of(0x51, 0xff));
  await assert.rejects(readPrompt(file), { code: "E_FORMAT", message: /UTF-8/ });
  writeFileSync(file, "\uFEFFWie gut?\nSo: ü");
  assert.deepEqual(await readPrompt(file), { question: "Wie gut?", instruction: "So: ü" });
});
