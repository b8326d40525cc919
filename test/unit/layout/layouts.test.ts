/** config.json: what transformers writes, what older versions wrote, and everything that must be refused. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { JsonObject } from "../../../lib/core/json.js";
import { readModelConfig } from "../../../lib/layout/layouts.js";
import { goldenPath } from "../../helpers/goldens.js";

type Json = Record<string, unknown>;
interface Config extends Json {
  vision_config: Json;
  text_config: Json & { rope_parameters?: Json };
}

const written = await readFile(goldenPath("internvl/layer-norm/config.json"), "utf8");

function bent(bend: (config: Config) => void): JsonObject {
  const config = JSON.parse(written) as Config;
  bend(config);
  return config;
}

function refused(bend: (config: Config) => void, expected: RegExp): void {
  assert.throws(
    () => readModelConfig(bent(bend), "config.json"),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "E_FORMAT");
      assert.match(error.message, /^config\.json: /);
      assert.match(error.message, expected);
      return true;
    },
  );
}

test("reads what transformers writes", () => {
  const config = readModelConfig(
    bent(() => {}),
    "config.json",
  );
  assert.deepEqual(config.geometry, {
    vision: {
      hidden: 24,
      layers: 2,
      heads: 2,
      intermediate: 40,
      patch: 14,
      imageSize: 56,
      norm: "layer",
      normEps: 1e-6,
      qkNorm: false,
    },
    language: {
      hidden: 32,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      headDim: 8,
      intermediate: 48,
      vocabulary: 120,
      normEps: 1e-6,
      ropeTheta: 1e6,
      ropeFactor: 2,
      maxPositions: 512,
    },
  });
  assert.equal(config.imageToken, 114);
  assert.equal(config.visionQkvBias, true);
  assert.equal(config.headMustExist, true);
  assert.deepEqual(config.endTokens, [111]);
});

test("reads the 6B kind of tower", async () => {
  const other = JSON.parse(await readFile(goldenPath("internvl/rms-norm/config.json"), "utf8")) as JsonObject;
  const { geometry, visionQkvBias } = readModelConfig(other, "config.json");
  assert.deepEqual([geometry.vision.norm, geometry.vision.qkNorm, visionQkvBias], ["rms", true, false]);
});

test("reads every spelling of the rotary settings", () => {
  const rope = (spell: (text: Json) => void): [number, number] => {
    const { language } = readModelConfig(
      bent(({ text_config: text }) => {
        delete text.rope_parameters;
        spell(text);
      }),
      "config.json",
    ).geometry;
    return [language.ropeTheta, language.ropeFactor];
  };
  const older = { rope_theta: 5e5, rope_scaling: { type: "dynamic", rope_type: "dynamic", factor: 2 } };
  assert.deepEqual(
    rope((text) => Object.assign(text, older)),
    [5e5, 2],
  );
  assert.deepEqual(
    rope((text) => Object.assign(text, { ...older, rope_scaling: { type: "dynamic", factor: 3 } })),
    [5e5, 3],
  );
  assert.deepEqual(
    rope((text) => Object.assign(text, { ...older, rope_scaling: null })),
    [5e5, 1],
  );
  assert.deepEqual(
    rope((text) => Object.assign(text, { rope_theta: 5e5 })),
    [5e5, 1],
  );
  assert.deepEqual(
    rope((text) => Object.assign(text, { rope_parameters: { rope_type: "default", rope_theta: 1e4 } })),
    [1e4, 1],
  );
});

test("reads sides as numbers or pairs, a head's width when it is given, one end token or several", () => {
  const config = readModelConfig(
    bent(({ vision_config: vision, text_config: text }) => {
      Object.assign(vision, { image_size: 112, patch_size: 28 });
      Object.assign(text, { head_dim: 16, eos_token_id: [111, 110] });
    }),
    "config.json",
  );
  assert.deepEqual([config.geometry.vision.imageSize, config.geometry.vision.patch], [112, 28]);
  assert.equal(config.geometry.language.headDim, 16);
  assert.deepEqual(config.endTokens, [111, 110]);
});

test("ignores keys that it does not know", () => {
  const config = bent((json) =>
    Object.assign(json, { noise: 1, vision_config: { ...json.vision_config, more: {} } }),
  );
  assert.equal(readModelConfig(config, "config.json").geometry.vision.hidden, 24);
});

for (const [part, field] of [
  ["vision_config", "hidden_size"],
  ["vision_config", "norm_type"],
  ["vision_config", "attention_bias"],
  ["vision_config", "use_qk_norm"],
  ["vision_config", "image_size"],
  ["text_config", "num_key_value_heads"],
  ["text_config", "rms_norm_eps"],
  ["text_config", "max_position_embeddings"],
] as const) {
  test(`names ${part}.${field} when it is missing`, () => {
    refused((config) => delete config[part][field], new RegExp(`${part}\\.${field}: `));
  });
}

test("names every missing field at once", () => {
  refused((config) => {
    delete config.image_token_id;
    delete config.text_config.vocab_size;
  }, /text_config\.vocab_size: .*; image_token_id: /);
});

test("refuses what the engine does not compute", () => {
  refused((config) => Object.assign(config, { model_type: "internvl_other" }), /model_type: /);
  refused(
    ({ text_config: text }) => Object.assign(text, { model_type: "llama" }),
    /text_config\.model_type: /,
  );
  refused(
    ({ text_config: text }) => Object.assign(text, { use_sliding_window: true }),
    /use_sliding_window: /,
  );
  refused(
    ({ text_config: text }) => Object.assign(text.rope_parameters ?? {}, { rope_type: "yarn" }),
    /rope_type: /,
  );
  refused(
    ({ vision_config: vision }) => Object.assign(vision, { use_mean_pooling: false }),
    /use_mean_pooling: /,
  );
  refused(({ vision_config: vision }) => Object.assign(vision, { image_size: [56, 112] }), /image_size: /);
  refused((config) => Object.assign(config, { downsample_ratio: 0.25 }), /downsample_ratio: /);
  refused((config) => Object.assign(config, { vision_feature_layer: -2 }), /vision_feature_layer: /);
});

test("refuses sizes that do not fit each other", () => {
  refused(
    ({ vision_config: vision }) => Object.assign(vision, { num_attention_heads: 5 }),
    /hidden_size 24 is not a multiple/,
  );
  refused(
    ({ vision_config: vision }) => Object.assign(vision, { image_size: 60 }),
    /image_size 60 is not a multiple/,
  );
  refused(
    ({ text_config: text }) => Object.assign(text, { num_key_value_heads: 3 }),
    /num_attention_heads 4 is not a multiple/,
  );
  refused(({ text_config: text }) => Object.assign(text, { head_dim: 7 }), /even width of a head, found 7/);
  refused(({ text_config: text }) => Object.assign(text, { hidden_size: 0 }), /text_config\.hidden_size: /);
  refused(
    (config) => Object.assign(config, { image_token_id: 120 }),
    /image_token_id 120 is outside the vocabulary of 120/,
  );
  refused(({ text_config: text }) => delete text.rope_parameters, /rope_theta.* is missing/);
  refused(({ text_config: text }) => delete text.rope_parameters?.factor, /has no factor/);
});

const ORIGINAL = {
  model_type: "internvl_chat",
  downsample_ratio: 0.5,
  ps_version: "v2",
  select_layer: -1,
  tie_word_embeddings: false,
  llm_config: {
    model_type: "qwen2",
    vocab_size: 151674,
    hidden_size: 3584,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    intermediate_size: 18944,
    rms_norm_eps: 1e-6,
    max_position_embeddings: 32768,
    rope_theta: 1000000,
    rope_scaling: { factor: 2, rope_type: "dynamic", type: "dynamic" },
    eos_token_id: 151643,
    moe_config: null,
  },
  vision_config: {
    model_type: "intern_vit_6b",
    hidden_size: 3200,
    num_hidden_layers: 45,
    num_attention_heads: 25,
    intermediate_size: 12800,
    patch_size: 14,
    image_size: 448,
    qkv_bias: false,
    qk_normalization: true,
    norm_type: "rms_norm",
    layer_norm_eps: 1e-6,
  },
} as const;

test("reads OpenGVLab's config.json, with its keys for the same things and no image token", () => {
  const { layout, geometry, imageToken, visionQkvBias, headMustExist } = readModelConfig(
    ORIGINAL,
    "config.json",
  );
  assert.deepEqual([layout, imageToken, visionQkvBias, headMustExist], ["original", null, false, true]);
  assert.deepEqual(
    [geometry.vision.hidden, geometry.vision.norm, geometry.vision.qkNorm],
    [3200, "rms", true],
  );
  const { hidden, headDim, ropeTheta, ropeFactor } = geometry.language;
  assert.deepEqual([hidden, headDim, ropeTheta, ropeFactor], [3584, 128, 1e6, 2]);
});

test("refuses what the original code would fill in with another model's default", () => {
  const { qkv_bias: _, ...vision } = ORIGINAL.vision_config;
  const { ps_version: __, ...transposed } = ORIGINAL;
  assert.throws(() => readModelConfig({ ...ORIGINAL, vision_config: vision }, "config.json"), {
    code: "E_FORMAT",
    message: /vision_config\.qkv_bias/,
  });
  assert.throws(() => readModelConfig(transposed, "config.json"), { message: /ps_version/ });
  assert.throws(() => readModelConfig({ ...ORIGINAL, select_layer: -2 }, "config.json"), {
    message: /select_layer/,
  });
});

test("refuses a depth that no file could hold before it makes a name for each layer", () => {
  refused(({ text_config: text }) => Object.assign(text, { num_hidden_layers: 1e9 }), /num_hidden_layers: /);
  refused(
    ({ vision_config: vision }) => Object.assign(vision, { num_hidden_layers: 1001 }),
    /num_hidden_layers: /,
  );
});
