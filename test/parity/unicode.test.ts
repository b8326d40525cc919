/**
 * Splitting and normalising around single characters against the Python tokenizers library;
 * recipe: test/goldens/recipes/unicode.py.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { byteLevelTokenizer, byteSymbols, plainToken } from "../../lib/tokenizer/byte-level.js";
import { goldenPath } from "../helpers/goldens.js";
import { tokenizerIn, writeVocabularyFiles } from "../helpers/tokenizers.js";
import { scratchFolder } from "../helpers/video-files.js";

const BLOCK = 1024;
const ADDED = ["<|im_end|>", "<|endoftext|>", "<|im_start|>", "<img>", "</img>", "<IMG_CONTEXT>"];
const { blocks } = JSON.parse(readFileSync(goldenPath("tokenizer/unicode.json"), "utf8")) as {
  blocks: Record<string, string>;
};

/** As the recipe builds it: a, + and the space's symbol each merge with any byte after them. */
function probe() {
  const symbols = byteSymbols().sort();
  const merges = ["a", "+", "\u0120"].flatMap((opener) =>
    symbols.map((symbol): [string, string] => [opener, symbol]),
  );
  const tokens = [...symbols, ...merges.map((pair) => pair.join(""))];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const added = ADDED.map((content, i) => plainToken(tokens.length + i, content, true));
  return byteLevelTokenizer(vocab, merges, added);
}

function textOf(block: number): string {
  return Array.from({ length: BLOCK }, (_, i) => block + i)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code))
    .map((c) => `a${c}\n+${c}\n ${c}\ne\u0345${c}\u0301\u0316\n`)
    .join("");
}

// A character that only a newer Unicode knows would need a line in lib/tokenizer/library-unicode.ts.
const newer = Number(process.versions.unicode ?? 0) > 17;

test("every character splits and normalises as recorded", {
  skip: newer && `this Node knows Unicode ${process.versions.unicode}; the tables end with 17`,
}, async () => {
  const dir = scratchFolder();
  writeVocabularyFiles(dir, probe());
  const tokenizer = await tokenizerIn(dir);
  assert.ok(Object.keys(blocks).length > 90);
  const differing = Object.entries(blocks).filter(([block, digest]) => {
    const ids = tokenizer.encode(textOf(Number.parseInt(block, 16))).join(" ");
    return createHash("sha256").update(ids).digest("hex").slice(0, 8) !== digest;
  });
  assert.deepEqual(
    differing.map(([block]) => block),
    [],
  );
});
