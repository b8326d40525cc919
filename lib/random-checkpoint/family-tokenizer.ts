/**
 * A tokenizer with InternVL3's added tokens at their ids and one token for each byte: its texts are longer in tokens than
 * the published one's, and no published vocabulary is needed. Pure.
 *
 * Source of the ids: added_tokens.json of the published checkpoints.
 */

import { FAMILY_TOKENS } from "../layout/families.js";
import { byteLevelTokenizer, byteSymbols, plainToken, type TokenizerJson } from "../tokenizer/byte-level.js";

/** In the order of their ids; the first is <|endoftext|>. */
const SPECIAL = [
  "<|endoftext|>",
  "<|im_start|>",
  "<|im_end|>",
  "<|object_ref_start|>",
  "<|object_ref_end|>",
  "<|box_start|>",
  "<|box_end|>",
  "<|quad_start|>",
  "<|quad_end|>",
  "<|vision_start|>",
  "<|vision_end|>",
  "<|vision_pad|>",
  "<|image_pad|>",
  "<|video_pad|>",
];
const PLAIN = [
  "<tool_call>",
  "</tool_call>",
  "<|fim_prefix|>",
  "<|fim_middle|>",
  "<|fim_suffix|>",
  "<|fim_pad|>",
  "<|repo_name|>",
  "<|file_sep|>",
];
const SPECIAL_OF_INTERNVL = [
  "<img>",
  "</img>",
  "<IMG_CONTEXT>",
  "<quad>",
  "</quad>",
  "<ref>",
  "</ref>",
  "<box>",
  "</box>",
];

/** The parsed content of tokenizer.json. */
export function familyTokenizer(): TokenizerJson {
  const vocab = Object.fromEntries(byteSymbols().map((symbol, id) => [symbol, id]));
  const added = [...SPECIAL, ...PLAIN, ...SPECIAL_OF_INTERNVL].map((content, i) =>
    plainToken(FAMILY_TOKENS.baseTokens + i, content, !PLAIN.includes(content)),
  );
  return byteLevelTokenizer(vocab, [], added);
}

/** The parsed content of tokenizer_config.json. */
export function familyTokenizerConfig(): object {
  return {
    tokenizer_class: "Qwen2Tokenizer",
    eos_token: "<|im_end|>",
    pad_token: "<|endoftext|>",
    unk_token: null,
    bos_token: null,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
  };
}
