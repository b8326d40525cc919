/**
 * Writes the tiny model's tokenizer as Hugging Face's `tokenizer.json`: byte-level BPE in which every word of the
 * wording is one token, digits are single, and the tags are added tokens. A pure function of the wording.
 */
import { OPENING_WORDS, SPACED_WORDS, SPECIAL_TOKENS, TAGS } from "./wording.js";

/** Qwen2's split: contractions, words with one leading mark, single digits, marks, line ends, spaces. */
const SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** GPT-2's printable stand-in for each byte: itself where it prints, else the next code point from 256 on. */
function byteSymbols(): string[] {
  const prints = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

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
export function tokenizerFile(): object {
  const symbols = byteSymbols();
  const merges = leftMerges([...SPACED_WORDS.map((word) => ` ${word}`), ...OPENING_WORDS], symbols);
  const tokens = [...symbols, ...merges.map(([left, right]) => left + right)];
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...SPECIAL_TOKENS, ...TAGS].map((content, i) => ({
      id: tokens.length + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: i < SPECIAL_TOKENS.length,
    })),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: SPLIT }, behavior: "Isolated", invert: false },
        byteLevel,
      ],
    },
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** The parsed content of `tokenizer_config.json`. */
export function tokenizerConfig(): object {
  return {
    tokenizer_class: "Qwen2Tokenizer",
    eos_token: "<|im_end|>",
    pad_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    bos_token: null,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    model_max_length: 32768,
  };
}

/** Rows of the embedding: base tokens and added ones. */
export function vocabularySize(): number {
  const file = tokenizerFile() as { added_tokens: object[]; model: { vocab: object } };
  return Object.keys(file.model.vocab).length + file.added_tokens.length;
}
