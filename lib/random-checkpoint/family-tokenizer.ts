/**
 * A tokenizer with InternVL3's added tokens at their ids and one token for each byte: its texts are longer in tokens than
 * the published one's, and no published vocabulary is needed. Pure.
 */
import { FAMILY_TOKENS } from "../layout/families.js";
import { byteLevelTokenizer, byteSymbols, plainToken, type TokenizerJson } from "../tokenizer/byte-level.js";
import { INTERNVL_SPECIAL, QWEN2_PLAIN, QWEN2_SPECIAL } from "../tokenizer/special-tokens.js";

/** The parsed content of tokenizer.json. */
export function familyTokenizer(): TokenizerJson {
  const vocab = Object.fromEntries(byteSymbols().map((symbol, id) => [symbol, id]));
  const added = [...QWEN2_SPECIAL, ...QWEN2_PLAIN, ...INTERNVL_SPECIAL].map((content, i) =>
    plainToken(FAMILY_TOKENS.baseTokens + i, content, !QWEN2_PLAIN.includes(content)),
  );
  return byteLevelTokenizer(vocab, [], added);
}

/** The parsed content of tokenizer_config.json. */
export const FAMILY_TOKENIZER_CONFIG = {
  tokenizer_class: "Qwen2Tokenizer",
  eos_token: "<|im_end|>",
  pad_token: "<|endoftext|>",
  unk_token: null,
  bos_token: null,
  add_prefix_space: false,
  clean_up_tokenization_spaces: false,
} as const;
