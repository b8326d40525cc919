/** Fuzz target: a checkpoint's tokenizer, in one file or in the five of older checkpoints. */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { byteLevelTokenizer, byteSymbols, plainToken } from "../../lib/tokenizer/byte-level.js";
import { openTokenizer, TOKENIZER_FILES } from "../../lib/tokenizer/tokenizer.js";
import { once, oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { JSON_WORDS, jsonBytes, words } from "./json.js";

export const READERS = ["tokenizer", "vocabulary-files"].map((name) => `lib/tokenizer/${name}.ts`);

const TOKENS = [...byteSymbols(), "th", "the", "##"];
const VOCAB = Object.fromEntries(TOKENS.map((token, id) => [token, id]));
const MERGES: [string, string][] = [
  ["t", "h"],
  ["th", "e"],
  ["#", "#"],
];
const ADDED = ["<img>", "</img>", "<IMG_CONTEXT>", "<|im_end|>", "more"].map((content, i) =>
  plainToken(TOKENS.length + i, content, true),
);
const WHOLE = byteLevelTokenizer(VOCAB, MERGES, ADDED);
const IDS = Object.fromEntries(ADDED.map(({ content, id }) => [content, id]));
const FLAGS = {
  eos_token: "<|im_end|>",
  extra_special_tokens: [{ content: "more" }],
  added_tokens_decoder: {
    "262": { content: "more", lstrip: true, special: false },
    "264": { content: "new" },
  },
};
const KEYS = [
  ..."content id special type vocab merges model 0 7 th <img> __proto__ Regex Replace".split(" "),
  "",
];
const MERGE_WORDS = [...JSON_WORDS, ...words("t h\n", "the #", "  ", "\r\n", "#version: 0.2\n")];
/** The library writes of some patterns that it does not know them. */
console.warn = () => {};

/** Short: the time that a pattern out of a file may take grows with the text. */
const TEXT = "the #é\n<img>7";

export function make(draws: Draws): Uint8Array {
  const json = (value: unknown) => jsonBytes(draws, value, KEYS);
  if (once(draws, 2)) return packed({ "tokenizer.json": json(WHOLE) });
  const merges = MERGES.map((pair) => pair.join(" ")).join("\n");
  const files = {
    "vocab.json": json(VOCAB),
    "merges.txt": spoilt(
      draws,
      new TextEncoder().encode(oneOf(draws, ["#version: 0.2\n", ""]) + merges),
      MERGE_WORDS,
    ),
    "added_tokens.json": json(IDS),
    ...(once(draws, 2) ? { "tokenizer_config.json": json(FLAGS) } : {}),
    ...(once(draws, 4) ? { "special_tokens_map.json": json(FLAGS) } : {}),
  };
  return packed(files);
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, TOKENIZER_FILES, async (dir) => {
    const tokenizer = await openTokenizer(dir);
    if (tokenizer === null) return;
    const ids = tokenizer.encode(TEXT);
    assert.ok(
      ids.every((id) => id >= 0),
      "a text has ids",
    );
    assert.equal(typeof tokenizer.decode(ids), "string");
  });
}
