/**
 * The tiny model before any training: every tensor drawn from a stream named after it, so that nothing depends on
 * the order of creation. Names are those of the HF-native layout and of pytorchvideo's SlowFast.
 */
import { elementCount } from "../../lib/core/element-types.js";
import { Draw } from "../../lib/synthetic/draw.js";
import { motionWidth, TINY } from "./architecture.js";
import { vocabularySize } from "./tokenizer-file.js";
import type { PatchEmbedding } from "./whitening.js";

export interface StartTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** All tensors of a checkpoint. `patch` replaces the random patch embedding. */
export function startTensors(seed: number, patch: PatchEmbedding): StartTensor[] {
  return [...vision(seed, patch), ...projectors(seed), ...language(seed), ...motion(seed)];
}

type Fill = (rng: Draw) => number;

const constant =
  (value: number): Fill =>
  () =>
    value;
const normal =
  (deviation: number): Fill =>
  (rng) =>
    deviation * rng.normal();
/** PyTorch's default for linear layers: uniform within ±1/√inputs, for weight and bias alike. */
const spread =
  (inputs: number): Fill =>
  (rng) =>
    (2 * rng.uniform() - 1) / Math.sqrt(inputs);

function tensor(seed: number, name: string, shape: readonly number[], fill: Fill): StartTensor {
  const rng = new Draw("tiny start", seed, name);
  const size = elementCount(shape);
  return { name, shape, data: Float32Array.from({ length: size }, () => fill(rng)) };
}

function linear(seed: number, name: string, out: number, inputs: number): StartTensor[] {
  return [
    tensor(seed, `${name}.weight`, [out, inputs], spread(inputs)),
    tensor(seed, `${name}.bias`, [out], spread(inputs)),
  ];
}

function layerNorm(seed: number, name: string, width: number): StartTensor[] {
  return [
    tensor(seed, `${name}.weight`, [width], constant(1)),
    tensor(seed, `${name}.bias`, [width], constant(0)),
  ];
}

function vision(seed: number, patch: PatchEmbedding): StartTensor[] {
  const { hidden, layers, intermediate, layerScale } = TINY.vision;
  const positions = 1 + (TINY.imageSize / TINY.patch) ** 2;
  const embeddings = "vision_tower.embeddings";
  const tensors = [
    tensor(seed, `${embeddings}.cls_token`, [1, 1, hidden], normal(0.02)),
    tensor(seed, `${embeddings}.position_embeddings`, [1, positions, hidden], normal(0.02)),
    {
      name: `${embeddings}.patch_embeddings.projection.weight`,
      shape: [hidden, 3, TINY.patch, TINY.patch],
      data: patch.weight,
    },
    { name: `${embeddings}.patch_embeddings.projection.bias`, shape: [hidden], data: patch.bias },
  ];
  for (let i = 0; i < layers; i++) {
    const at = `vision_tower.encoder.layer.${i}`;
    tensors.push(
      ...["q_proj", "k_proj", "v_proj", "projection_layer"].flatMap((part) =>
        linear(seed, `${at}.attention.${part}`, hidden, hidden),
      ),
      ...layerNorm(seed, `${at}.layernorm_before`, hidden),
      ...layerNorm(seed, `${at}.layernorm_after`, hidden),
      tensor(seed, `${at}.lambda_1`, [hidden], constant(layerScale)),
      tensor(seed, `${at}.lambda_2`, [hidden], constant(layerScale)),
      ...linear(seed, `${at}.mlp.fc1`, intermediate, hidden),
      ...linear(seed, `${at}.mlp.fc2`, hidden, intermediate),
    );
  }
  return tensors;
}

function projectors(seed: number): StartTensor[] {
  const { hidden } = TINY.language;
  const features = 4 * TINY.vision.hidden;
  const width = motionWidth();
  return [
    ...layerNorm(seed, "multi_modal_projector.layer_norm", features),
    ...linear(seed, "multi_modal_projector.linear_1", hidden, features),
    ...linear(seed, "multi_modal_projector.linear_2", hidden, hidden),
    ...layerNorm(seed, "motion_mlp.0", width),
    ...linear(seed, "motion_mlp.1", hidden, width),
    ...linear(seed, "motion_mlp.3", hidden, hidden),
  ];
}

function language(seed: number): StartTensor[] {
  const { hidden, layers, heads, kvHeads, intermediate } = TINY.language;
  const width = hidden / heads;
  const vocabulary = vocabularySize();
  const root = "language_model.model";
  // Residual branches start small enough that depth does not change the scale of the stream (GPT-2's rule).
  const residual = (inputs: number) => normal(1 / Math.sqrt(2 * layers * inputs));
  const matrix = (name: string, out: number) =>
    tensor(seed, name, [out, hidden], normal(1 / Math.sqrt(hidden)));
  const tensors = [
    tensor(seed, `${root}.embed_tokens.weight`, [vocabulary, hidden], normal(0.02)),
    tensor(seed, "language_model.lm_head.weight", [vocabulary, hidden], normal(0.02)),
    tensor(seed, `${root}.norm.weight`, [hidden], constant(1)),
  ];
  for (let i = 0; i < layers; i++) {
    const at = `${root}.layers.${i}`;
    for (const [part, out] of [
      ["q_proj", heads * width],
      ["k_proj", kvHeads * width],
      ["v_proj", kvHeads * width],
    ] as const) {
      tensors.push(
        matrix(`${at}.self_attn.${part}.weight`, out),
        tensor(seed, `${at}.self_attn.${part}.bias`, [out], constant(0)),
      );
    }
    tensors.push(
      tensor(seed, `${at}.self_attn.o_proj.weight`, [hidden, heads * width], residual(heads * width)),
      tensor(seed, `${at}.input_layernorm.weight`, [hidden], constant(1)),
      tensor(seed, `${at}.post_attention_layernorm.weight`, [hidden], constant(1)),
      matrix(`${at}.mlp.gate_proj.weight`, intermediate),
      matrix(`${at}.mlp.up_proj.weight`, intermediate),
      tensor(seed, `${at}.mlp.down_proj.weight`, [hidden, intermediate], residual(intermediate)),
    );
  }
  return tensors;
}

function motion(seed: number): StartTensor[] {
  const root = "slowfast_model.feature_extraction";
  const conv = (name: string, norm: string, shape: readonly number[]): StartTensor[] => {
    const [out = 1, , ...kernel] = shape;
    const fanOut = out * elementCount(kernel);
    return [
      tensor(seed, `${name}.weight`, shape, normal(Math.sqrt(2 / fanOut))),
      ...layerNorm(seed, norm, out),
      tensor(seed, `${norm}.running_mean`, [out], constant(0)),
      tensor(seed, `${norm}.running_var`, [out], constant(1)),
    ];
  };
  const fusion = (stage: number, fast: number): StartTensor[] => {
    const at = `${root}.${stage}.multipathway_fusion`;
    return conv(`${at}.conv_fast_to_slow`, `${at}.norm`, [2 * fast, fast, 7, 1, 1]);
  };
  const { slowStem, fastStem, stages } = TINY.motion;
  const stem = (pathway: number) => `${root}.0.multipathway_blocks.${pathway}`;
  const tensors = [
    ...conv(`${stem(0)}.conv`, `${stem(0)}.norm`, [slowStem, 3, 1, 7, 7]),
    ...conv(`${stem(1)}.conv`, `${stem(1)}.norm`, [fastStem, 3, 5, 7, 7]),
  ];
  let [slow, fast]: [number, number] = [slowStem, fastStem];
  stages.forEach((stage, i) => {
    tensors.push(...fusion(i, fast));
    const inputs = [slow + 2 * fast, fast];
    [stage.slow, stage.fast].forEach(([inner, out, time], pathway) => {
      const input = inputs[pathway] as number;
      const at = `${root}.${i + 1}.multipathway_blocks.${pathway}.res_blocks.0`;
      tensors.push(
        ...conv(`${at}.branch1_conv`, `${at}.branch1_norm`, [out, input, 1, 1, 1]),
        ...conv(`${at}.branch2.conv_a`, `${at}.branch2.norm_a`, [inner, input, time, 1, 1]),
        ...conv(`${at}.branch2.conv_b`, `${at}.branch2.norm_b`, [inner, inner, 1, 3, 3]),
        ...conv(`${at}.branch2.conv_c`, `${at}.branch2.norm_c`, [out, inner, 1, 1, 1]),
      );
    });
    [slow, fast] = [stage.slow[1], stage.fast[1]];
  });
  return tensors;
}
