/**
 * Fuzz target: a checkpoint's config.json and generation_config.json in both layouts, and the tensors that its weight
 * file claims to have. The bytes of its header have a target of their own.
 */
import assert from "node:assert/strict";
import { readFileSync, truncateSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import {
  checkpointDifferences,
  checkpointIdentity,
  checkpointIdentitySchema,
} from "../../lib/checkpoint/identity.js";
import { elementCount } from "../../lib/core/element-types.js";
import type { Draws } from "../../lib/core/rng.js";
import { inspectCheckpoint } from "../../lib/inspection/inspection.js";
import { layOutSafetensors, readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { WEIGHTS_FILE } from "../../lib/weights/shards.js";
import { goldenPath } from "../helpers/goldens.js";
import { once, oneOf } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["identity", "special-tokens", "survey", "unused"].map(
  (name) => `lib/checkpoint/${name}.ts`,
);

const [CONFIG, GENERATION, SIZE] = ["config.json", "generation_config.json", "size"];
const RECORDED = await Promise.all(
  ["internvl/layer-norm", "internvl/motion", "configurations/original-native"].map(async (name) => {
    const dir = goldenPath(name);
    const json = (file: string) => JSON.parse(readFileSync(join(dir, file), "utf8")) as object;
    const { tensors } = await readSafetensorsHeader(join(dir, WEIGHTS_FILE));
    return { config: json(CONFIG), generation: json(GENERATION), tensors };
  }),
);
const KEYS =
  "model_type vision_config text_config llm_config hidden_size num_hidden_layers image_token_id head_dim".split(
    " ",
  );
const STRANGERS = ["a", "", "\u001b[2J", "x".repeat(2000), "motion_mlp.0.weight"];
/** Claimed data is a hole in the file; what claims more is left cut short. */
const MOST_BYTES = 2 ** 24;

/** A name that belongs to no tensor, or to a layer of a network of any depth. */
function stranger(draws: Draws): string {
  if (once(draws, 2)) return oneOf(draws, STRANGERS);
  const [stage, path, block] = [draws.below(1000), draws.below(2), oneOf(draws, [0, 9, 99, 999, 99_999])];
  const layer = `${stage}.multipathway_blocks.${path}.res_blocks.${block}`;
  return `slowfast_model.feature_extraction.${layer}.branch2.conv_a.weight`;
}

export function make(draws: Draws): Uint8Array {
  const { config, generation, tensors } = oneOf(draws, RECORDED);
  const rate = oneOf(draws, [16, 2 ** 10, 2 ** 20]);
  const claimed = tensors.flatMap(({ name, dtype, shape }) => {
    if (once(draws, rate)) return [];
    const odd = { name: stranger(draws), dtype: "F16", shape: [draws.below(3), 1] } as const;
    const own = { name, dtype, shape: once(draws, rate) ? shape.map(() => draws.below(4)) : shape };
    return once(draws, rate) ? [own, odd] : [own];
  });
  const byName = new Map(claimed.map((tensor) => [tensor.name, tensor]));
  const { head, bytes } = layOutSafetensors([...byName.values()]);
  return packed({
    [CONFIG]: jsonBytes(draws, config, KEYS),
    ...(once(draws, 4) ? {} : { [GENERATION]: jsonBytes(draws, generation, ["eos_token_id"]) }),
    [SIZE]: String(bytes),
    [WEIGHTS_FILE]: head,
  });
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = async (dir: string) => {
    const size = Number(await readFile(join(dir, SIZE), "utf8").catch(() => "0"));
    if (size > 0 && size < MOST_BYTES) truncateSync(join(dir, WEIGHTS_FILE), size);
    await inspectCheckpoint(dir);
    const { parameters, endTokens } = await readCheckpoint(dir);
    const identity = await checkpointIdentity(dir);
    assert.deepEqual(checkpointDifferences(identity, checkpointIdentitySchema.parse(identity)), []);
    assert.ok(endTokens.length > 0);
    for (const { name, shape, sources } of parameters) {
      const values = sources.map(({ begin, end, dtype }) => (end - begin) / (dtype === "F32" ? 4 : 2));
      assert.equal(
        values.reduce((sum, count) => sum + count, 0),
        elementCount(shape),
        name,
      );
    }
  };
  return takesFolder(input, [CONFIG, GENERATION, SIZE, WEIGHTS_FILE], read, { longest: 4096 });
}
