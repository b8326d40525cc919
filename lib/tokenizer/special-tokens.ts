/**
 * The tokens that Qwen2 and InternVL3 add to the vocabulary, in the order of their ids. Plain data.
 *
 * Source: added_tokens.json of the published checkpoints.
 */

/** Qwen2's, which decoding may leave out. */
export const QWEN2_SPECIAL: readonly string[] = [
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

/** Qwen2's that are ordinary text. */
export const QWEN2_PLAIN: readonly string[] = [
  "<tool_call>",
  "</tool_call>",
  "<|fim_prefix|>",
  "<|fim_middle|>",
  "<|fim_suffix|>",
  "<|fim_pad|>",
  "<|repo_name|>",
  "<|file_sep|>",
];

/** What InternVL adds, all special. */
export const INTERNVL_SPECIAL: readonly string[] = [
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
