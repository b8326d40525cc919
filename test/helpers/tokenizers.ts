/** Tokenizers of folders that have one, and folders with the files of one. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TokenizerJson } from "../../lib/tokenizer/byte-level.js";
import { openTokenizer, type Tokenizer } from "../../lib/tokenizer/tokenizer.js";

export async function tokenizerIn(dir: string): Promise<Tokenizer> {
  const tokenizer = await openTokenizer(dir);
  assert.ok(tokenizer !== null, `${dir}: no tokenizer`);
  return tokenizer;
}

/** Writes a tokenizer as original checkpoints have it: vocabulary, merges and added tokens in a file each. */
export function writeVocabularyFiles(dir: string, { model, added_tokens: added }: TokenizerJson): void {
  const merges = model.merges.map((pair) => `${pair.join(" ")}\n`).join("");
  const ids = Object.fromEntries(added.map(({ content, id }) => [content, id]));
  writeFileSync(join(dir, "vocab.json"), JSON.stringify(model.vocab));
  writeFileSync(join(dir, "merges.txt"), `#version: 0.2\n${merges}`);
  writeFileSync(join(dir, "added_tokens.json"), JSON.stringify(ids));
}
