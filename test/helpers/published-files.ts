/**
 * Checkpoint folders with the names and shapes of OpenGVLab's and VQAThinker's own files, written down from their
 * listings and not from our tables. The weights are holes in the file: headers are real, values are not.
 */
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredDType } from "../../lib/core/element-types.js";
import { layOutSafetensors } from "../../lib/weights/safetensors.js";

export interface PublishedSize {
  /** Tower of the 6 B size: RMSNorm, norms of q and k, no bias of q, k, v. */
  readonly large: boolean;
  readonly vision: {
    readonly width: number;
    readonly layers: number;
    readonly heads: number;
    readonly ffn: number;
  };
  readonly language: {
    readonly width: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly ffn: number;
  };
}

type Shape = readonly number[];
type Entry = readonly [name: string, shape: Shape, dtype?: StoredDType];

const VOCABULARY = 151674;

function vision({ large, vision: { width: d, layers, ffn } }: PublishedSize): Entry[] {
  const norm = (name: string): Entry[] =>
    large
      ? [[`${name}.weight`, [d]]]
      : [
          [`${name}.weight`, [d]],
          [`${name}.bias`, [d]],
        ];
  const block = (i: number): Entry[] => {
    const at = `vision_model.encoder.layers.${i}`;
    return [
      [`${at}.attn.qkv.weight`, [3 * d, d]],
      ...(large
        ? ([
            [`${at}.attn.q_norm.weight`, [d]],
            [`${at}.attn.k_norm.weight`, [d]],
          ] as Entry[])
        : ([[`${at}.attn.qkv.bias`, [3 * d]]] as Entry[])),
      [`${at}.attn.proj.weight`, [d, d]],
      [`${at}.attn.proj.bias`, [d]],
      [`${at}.mlp.fc1.weight`, [ffn, d]],
      [`${at}.mlp.fc1.bias`, [ffn]],
      [`${at}.mlp.fc2.weight`, [d, ffn]],
      [`${at}.mlp.fc2.bias`, [d]],
      ...norm(`${at}.norm1`),
      ...norm(`${at}.norm2`),
      [`${at}.ls1`, [d]],
      [`${at}.ls2`, [d]],
    ];
  };
  return [
    ["vision_model.embeddings.class_embedding", [1, 1, d]],
    ["vision_model.embeddings.position_embedding", [1, 1025, d]],
    ["vision_model.embeddings.patch_embedding.weight", [d, 3, 14, 14]],
    ["vision_model.embeddings.patch_embedding.bias", [d]],
    ...Array.from({ length: layers }, (_, i) => block(i)).flat(),
  ];
}

function language({ vision: { width: d }, language: l }: PublishedSize): Entry[] {
  const { width: h, layers, heads, kvHeads, ffn } = l;
  const kv = (h / heads) * kvHeads;
  const block = (i: number): Entry[] => {
    const at = `language_model.model.layers.${i}`;
    return [
      [`${at}.input_layernorm.weight`, [h]],
      [`${at}.self_attn.q_proj.weight`, [h, h]],
      [`${at}.self_attn.q_proj.bias`, [h]],
      [`${at}.self_attn.k_proj.weight`, [kv, h]],
      [`${at}.self_attn.k_proj.bias`, [kv]],
      [`${at}.self_attn.v_proj.weight`, [kv, h]],
      [`${at}.self_attn.v_proj.bias`, [kv]],
      [`${at}.self_attn.o_proj.weight`, [h, h]],
      [`${at}.post_attention_layernorm.weight`, [h]],
      [`${at}.mlp.gate_proj.weight`, [ffn, h]],
      [`${at}.mlp.up_proj.weight`, [ffn, h]],
      [`${at}.mlp.down_proj.weight`, [h, ffn]],
    ];
  };
  return [
    ["mlp1.0.weight", [4 * d]],
    ["mlp1.0.bias", [4 * d]],
    ["mlp1.1.weight", [h, 4 * d]],
    ["mlp1.1.bias", [h]],
    ["mlp1.3.weight", [h, h]],
    ["mlp1.3.bias", [h]],
    ["language_model.model.embed_tokens.weight", [VOCABULARY, h]],
    ...Array.from({ length: layers }, (_, i) => block(i)).flat(),
    ["language_model.model.norm.weight", [h]],
    ["language_model.lm_head.weight", [VOCABULARY, h]],
  ];
}

/** SlowFast R50 as the released model holds it, counters of batch norm included, and its projector. */
export function motion(h: number): Entry[] {
  const root = "slowfast_model.feature_extraction";
  const norm = (name: string, channels: number): Entry[] => [
    ...["weight", "bias", "running_mean", "running_var"].map(
      (kind): Entry => [`${name}.${kind}`, [channels]],
    ),
    [`${name}.num_batches_tracked`, [], "I64"],
  ];
  const conv = (name: string, normName: string, shape: Shape): Entry[] => [
    [`${name}.weight`, shape],
    ...norm(normName, shape[0] ?? 0),
  ];
  const entries: Entry[] = [
    ...conv(`${root}.0.multipathway_blocks.0.conv`, `${root}.0.multipathway_blocks.0.norm`, [64, 3, 1, 7, 7]),
    ...conv(`${root}.0.multipathway_blocks.1.conv`, `${root}.0.multipathway_blocks.1.norm`, [8, 3, 5, 7, 7]),
  ];
  for (const [i, channels] of [8, 32, 64, 128].entries()) {
    const at = `${root}.${i}.multipathway_fusion`;
    entries.push(...conv(`${at}.conv_fast_to_slow`, `${at}.norm`, [2 * channels, channels, 7, 1, 1]));
  }
  // [slow in, inner, out, time kernel], [fast in, inner, out], blocks
  const stages = [
    [[80, 64, 256, 1], [8, 8, 32], 3],
    [[320, 128, 512, 1], [32, 16, 64], 4],
    [[640, 256, 1024, 3], [64, 32, 128], 6],
    [[1280, 512, 2048, 3], [128, 64, 256], 3],
  ] as const;
  for (const [s, [slow, fast, blocks]] of stages.entries()) {
    for (const [p, [inputs, inner, outer, time = 3]] of [slow, fast].entries()) {
      for (let j = 0; j < blocks; j++) {
        const at = `${root}.${s + 1}.multipathway_blocks.${p}.res_blocks.${j}`;
        const from = j === 0 ? inputs : outer;
        if (j === 0)
          entries.push(...conv(`${at}.branch1_conv`, `${at}.branch1_norm`, [outer, from, 1, 1, 1]));
        entries.push(...conv(`${at}.branch2.conv_a`, `${at}.branch2.norm_a`, [inner, from, time, 1, 1]));
        entries.push(...conv(`${at}.branch2.conv_b`, `${at}.branch2.norm_b`, [inner, inner, 1, 3, 3]));
        entries.push(...conv(`${at}.branch2.conv_c`, `${at}.branch2.norm_c`, [outer, inner, 1, 1, 1]));
      }
    }
  }
  return [
    ...entries,
    ["motion_mlp.0.weight", [2304]],
    ["motion_mlp.0.bias", [2304]],
    ["motion_mlp.1.weight", [h, 2304]],
    ["motion_mlp.1.bias", [h]],
    ["motion_mlp.3.weight", [h, h]],
    ["motion_mlp.3.bias", [h]],
  ];
}

function config({ large, vision: v, language: l }: PublishedSize): object {
  return {
    architectures: ["InternVLChatModel"],
    model_type: "internvl_chat",
    downsample_ratio: 0.5,
    force_image_size: 448,
    ps_version: "v2",
    select_layer: -1,
    template: "internvl2_5",
    tie_word_embeddings: false,
    torch_dtype: "bfloat16",
    llm_config: {
      architectures: ["Qwen2ForCausalLM"],
      model_type: "qwen2",
      vocab_size: VOCABULARY,
      hidden_size: l.width,
      intermediate_size: l.ffn,
      num_hidden_layers: l.layers,
      num_attention_heads: l.heads,
      num_key_value_heads: l.kvHeads,
      rms_norm_eps: 1e-6,
      max_position_embeddings: 32768,
      rope_theta: 1000000.0,
      rope_scaling: { factor: 2.0, rope_type: "dynamic", type: "dynamic" },
      tie_word_embeddings: false,
      bos_token_id: 151643,
      eos_token_id: 151643,
      moe_config: null,
    },
    vision_config: {
      architectures: ["InternVisionModel"],
      model_type: "intern_vit_6b",
      hidden_size: v.width,
      intermediate_size: v.ffn,
      num_hidden_layers: v.layers,
      num_attention_heads: v.heads,
      image_size: 448,
      patch_size: 14,
      num_channels: 3,
      hidden_act: "gelu",
      norm_type: large ? "rms_norm" : "layer_norm",
      layer_norm_eps: 1e-6,
      qkv_bias: !large,
      qk_normalization: large,
      drop_path_rate: 0.1,
      num_experts: 8,
    },
  };
}

/** Writes config.json and sharded weights; returns the number of tensors. */
export async function writePublished(
  dir: string,
  size: PublishedSize,
  { withMotion = false, shards = 4 } = {},
): Promise<number> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), JSON.stringify(config(size)));
  const entries = [...vision(size), ...language(size), ...(withMotion ? motion(size.language.width) : [])];
  const map: Record<string, string> = {};
  for (let k = 0; k < shards; k++) {
    const name = `model-0000${k + 1}-of-0000${shards}.safetensors`;
    const own = entries.filter((_, i) => i % shards === k);
    const { head, bytes } = layOutSafetensors(
      own.map(([tensor, shape, dtype = "BF16"]) => ({ name: tensor, shape, dtype })),
    );
    const file = await open(join(dir, name), "w");
    await file.write(head);
    await file.truncate(bytes);
    await file.close();
    for (const [tensor] of own) map[tensor] = name;
  }
  await writeFile(join(dir, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  return entries.length;
}
