/** The names of transformers' files (`model_type: internvl`), in their two spellings on disk. */
import { LANGUAGE_PARTS, type Layout, linear, one, visionNorm } from "./layout.js";

export const HF_NATIVE: Layout = {
  name: "hf",
  prefixes: [
    {
      vision: "vision_tower.",
      projector: "multi_modal_projector.",
      language: "language_model.model.",
      head: "language_model.",
    },
    {
      vision: "model.vision_tower.",
      projector: "model.multi_modal_projector.",
      language: "model.language_model.",
      head: "",
    },
  ],
  parts: [
    {
      part: "vision",
      rows: [
        { ...one("vision.class_embedding", "embeddings.cls_token", [1, 1, "D"]), flat: [["D"]] },
        {
          ...one("vision.position_embedding", "embeddings.position_embeddings", [1, "N", "D"]),
          flat: [["N"], ["D"]],
        },
        {
          ...one("vision.patch.weight", "embeddings.patch_embeddings.projection.weight", ["D", 3, "P", "P"]),
          flat: [["D"], [3, "P", "P"]],
        },
        one("vision.patch.bias", "embeddings.patch_embeddings.projection.bias", ["D"]),
      ],
    },
    {
      part: "vision",
      layers: "vision",
      rows: [
        ...visionNorm("vision.layers.{i}.norm1", "encoder.layer.{i}.layernorm_before"),
        {
          parameter: "vision.layers.{i}.attn.qkv.weight",
          tensors: [
            ["encoder.layer.{i}.attention.q_proj.weight", ["D", "D"]],
            ["encoder.layer.{i}.attention.k_proj.weight", ["D", "D"]],
            ["encoder.layer.{i}.attention.v_proj.weight", ["D", "D"]],
          ],
        },
        {
          parameter: "vision.layers.{i}.attn.qkv.bias",
          tensors: [
            ["encoder.layer.{i}.attention.q_proj.bias", ["D"]],
            ["encoder.layer.{i}.attention.k_proj.bias", ["D"]],
            ["encoder.layer.{i}.attention.v_proj.bias", ["D"]],
          ],
          when: "qkvBias",
        },
        one(
          "vision.layers.{i}.attn.q_norm.weight",
          "encoder.layer.{i}.attention.q_norm.weight",
          ["D"],
          "qkNorm",
        ),
        one(
          "vision.layers.{i}.attn.k_norm.weight",
          "encoder.layer.{i}.attention.k_norm.weight",
          ["D"],
          "qkNorm",
        ),
        ...linear("vision.layers.{i}.attn.out", "encoder.layer.{i}.attention.projection_layer", "D", "D"),
        one("vision.layers.{i}.ls1", "encoder.layer.{i}.lambda_1", ["D"]),
        ...visionNorm("vision.layers.{i}.norm2", "encoder.layer.{i}.layernorm_after"),
        ...linear("vision.layers.{i}.mlp.fc1", "encoder.layer.{i}.mlp.fc1", "F", "D"),
        ...linear("vision.layers.{i}.mlp.fc2", "encoder.layer.{i}.mlp.fc2", "D", "F"),
        one("vision.layers.{i}.ls2", "encoder.layer.{i}.lambda_2", ["D"]),
      ],
    },
    {
      part: "projector",
      rows: [
        one("projector.norm.weight", "layer_norm.weight", ["C"]),
        one("projector.norm.bias", "layer_norm.bias", ["C"]),
        ...linear("projector.fc1", "linear_1", "H", "C"),
        ...linear("projector.fc2", "linear_2", "H", "H"),
      ],
    },
    ...LANGUAGE_PARTS,
  ],
};
