/**
 * Writes a made model's tokenizer as Hugging Face's `tokenizer.json`: byte-level BPE in which every word of the
 * wording is one token, digits are single, and the tags are added tokens. A pure function of the wording.
 */
import { FAMILY_TOKENIZER_CONFIG } from "../../lib/random-checkpoint/family-tokenizer.js";
import {
  byteLevelTokenizer,
  byteSymbols,
  plainToken,
  type TokenizerJson,
} from "../../lib/tokenizer/byte-level.js";
import type { Words } from "./family.js";
import { SPECIAL_TOKENS, TAGS } from "./wording.js";

/**
 * Merges that build each word from its left end. Words after a space come first: their merges all start with the
 * space's symbol, so none can fire inside a word, and an opening word's can only after them.
 */
function leftMerges(words: readonly string[], symbols: readonly string[]): [string, string][] {
  const merges = new Map<string, [string, string]>();
  for (const word of words) {
    const [first = "", ...rest] = Array.from(Buffer.from(word, "utf8"), (byte) => symbols[byte] ?? "");
    let built = first;
    for (const symbol of rest) {
      merges.set(`${built} ${symbol}`, [built, symbol]);
      built += symbol;
    }
  }
  return [...merges.values()];
}

/** The parsed content of `tokenizer.json`. */
export function tokenizerFile({ spaced, opening }: Words): TokenizerJson {
  const symbols = byteSymbols();
  const merges = leftMerges([...spaced.map((word) => ` ${word}`), ...opening], symbols);
  const tokens = [...symbols, ...merges.map(([left, right]) => left + right)];
  const added = [...SPECIAL_TOKENS, ...TAGS].map((content, i) =>
    plainToken(tokens.length + i, content, i < SPECIAL_TOKENS.length),
  );
  return byteLevelTokenizer(Object.fromEntries(tokens.map((token, id) => [token, id])), merges, added);
}

/** The parsed content of `tokenizer_config.json`. */
export function tokenizerConfig(): object {
  return { ...FAMILY_TOKENIZER_CONFIG, unk_token: "<|endoftext|>", model_max_length: 32768 };
}

/** Rows of the embedding: base tokens and added ones. */
export function vocabularySize(words: Words): number {
  const file = tokenizerFile(words);
  return Object.keys(file.model.vocab).length + file.added_tokens.length;
}
