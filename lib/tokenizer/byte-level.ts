/**
 * The tokenizer of Qwen2 as the content of Hugging Face's `tokenizer.json`: NFC, one split, bytes as printable
 * symbols, BPE. A pure function of vocabulary, merges and added tokens.
 */

/** Qwen2's split: contractions, words with one leading mark, single digits, marks, line ends, spaces. */
export const QWEN2_SPLIT =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** A token that is found in the text before anything else is done with it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Matches only as a whole word. */
  readonly single_word: boolean;
  /** Takes in white space before and after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Is looked for in normalised text. */
  readonly normalized: boolean;
  /** Decoding may leave it out. */
  readonly special: boolean;
}

/** An added token that matches its very text and nothing around it, as all of InternVL's do. */
export function plainToken(id: number, content: string, special: boolean): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** GPT-2's printable stand-in for each byte: itself where it prints, else the next code point from 256 on. */
export function byteSymbols(): string[] {
  const prints = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(prints(byte) ? byte : next++));
}

/**
 * @param vocab   token → id; byte symbols and what merges make of them.
 * @param merges  pairs of tokens, the first to merge first.
 */
export function byteLevelTokenizer(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly [string, string])[],
  addedTokens: readonly AddedToken[],
) {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: QWEN2_SPLIT }, behavior: "Isolated", invert: false },
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
      vocab,
      merges,
    },
  };
}

export type TokenizerJson = ReturnType<typeof byteLevelTokenizer>;
