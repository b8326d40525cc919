/** The names of OpenGVLab's own files (`model_type: internvl_chat`), the released VQAThinker's among them. */
import { LANGUAGE_PARTS, type Layout, linear, one, visionNorm } from "./layout.js";

const LAYER = "encoder.layers.{i}";

/** The projector is a Sequential: norm, linear, activation, linear at 0 to 3. */
export const ORIGINAL: Layout = {
  name: "original",
  prefixes: [
    {
      vision: "vision_model.",
      projector: "mlp1.",
      language: "language_model.model.",
      head: "language_model.",
    },
  ],
  parts: [
    {
      part: "vision",
      rows: [
        { ...one("vision.class_embedding", "embeddings.class_embedding", [1, 1, "D"]), flat: [["D"]] },
        {
          ...one("vision.position_embedding", "embeddings.position_embedding", [1, "N", "D"]),
          flat: [["N"], ["D"]],
        },
        {
          ...one("vision.patch.weight", "embeddings.patch_embedding.weight", ["D", 3, "P", "P"]),
          flat: [["D"], [3, "P", "P"]],
        },
        one("vision.patch.bias", "embeddings.patch_embedding.bias", ["D"]),
      ],
    },
    {
      part: "vision",
      layers: "vision",
      rows: [
        ...visionNorm("vision.layers.{i}.norm1", `${LAYER}.norm1`),
        one("vision.layers.{i}.attn.qkv.weight", `${LAYER}.attn.qkv.weight`, ["W", "D"]),
        one("vision.layers.{i}.attn.qkv.bias", `${LAYER}.attn.qkv.bias`, ["W"], "qkvBias"),
        one("vision.layers.{i}.attn.q_norm.weight", `${LAYER}.attn.q_norm.weight`, ["D"], "qkNorm"),
        one("vision.layers.{i}.attn.k_norm.weight", `${LAYER}.attn.k_norm.weight`, ["D"], "qkNorm"),
        ...linear("vision.layers.{i}.attn.out", `${LAYER}.attn.proj`, "D", "D"),
        one("vision.layers.{i}.ls1", `${LAYER}.ls1`, ["D"]),
        ...visionNorm("vision.layers.{i}.norm2", `${LAYER}.norm2`),
        ...linear("vision.layers.{i}.mlp.fc1", `${LAYER}.mlp.fc1`, "F", "D"),
        ...linear("vision.layers.{i}.mlp.fc2", `${LAYER}.mlp.fc2`, "D", "F"),
        one("vision.layers.{i}.ls2", `${LAYER}.ls2`, ["D"]),
      ],
    },
    {
      part: "projector",
      rows: [
        one("projector.norm.weight", "0.weight", ["C"]),
        one("projector.norm.bias", "0.bias", ["C"]),
        ...linear("projector.fc1", "1", "H", "C"),
        ...linear("projector.fc2", "3", "H", "H"),
      ],
    },
    ...LANGUAGE_PARTS,
  ],
};
