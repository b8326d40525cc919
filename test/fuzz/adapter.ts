/** Fuzz target: PEFT's adapter folder, its config and the tensors that its weight file claims to have. */
import assert from "node:assert/strict";
import { readFileSync, truncateSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG_FILE } from "../../lib/adapter/config.js";
import { readAdapter } from "../../lib/adapter/read.js";
import { WEIGHTS_FILE } from "../../lib/adapter/tensors.js";
import { surveyCheckpoint } from "../../lib/checkpoint/survey.js";
import { elementCount } from "../../lib/core/element-types.js";
import type { Draws } from "../../lib/core/rng.js";
import { layOutSafetensors, readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { goldenPath } from "../helpers/goldens.js";
import { once, oneOf } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["lib/adapter/config.ts"];

const SIZE = "size";
const { config } = await surveyCheckpoint(goldenPath("internvl/layer-norm"));
const RECORDED = await Promise.all(
  ["lora", "dora", "rslora"].map(async (kind) => {
    const dir = goldenPath(`peft/${kind}`);
    const { tensors } = await readSafetensorsHeader(join(dir, WEIGHTS_FILE));
    return { config: JSON.parse(readFileSync(join(dir, CONFIG_FILE), "utf8")) as object, tensors };
  }),
);
const KEYS = "peft_type r lora_alpha target_modules rank_pattern use_dora modules_to_save bias".split(" ");
const STRANGERS = ["a", "", "\u001b[2J", "x".repeat(2000), "base_model.model.lm_head.lora_A.weight"];
const MOST_BYTES = 2 ** 24;

export function make(draws: Draws): Uint8Array {
  const { config: json, tensors } = oneOf(draws, RECORDED);
  const rate = oneOf(draws, [16, 2 ** 10, 2 ** 20]);
  const claimed = tensors.flatMap(({ name, dtype, shape }) => {
    if (once(draws, rate)) return [];
    const odd = { name: oneOf(draws, STRANGERS), dtype: "F16", shape: [draws.below(3), 1] } as const;
    const own = { name, dtype, shape: once(draws, rate) ? shape.map(() => draws.below(4)) : shape };
    return once(draws, rate) ? [own, odd] : [own];
  });
  const { head, bytes } = layOutSafetensors([...new Map(claimed.map((one) => [one.name, one])).values()]);
  return packed({ [CONFIG_FILE]: jsonBytes(draws, json, KEYS), [SIZE]: String(bytes), [WEIGHTS_FILE]: head });
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = async (dir: string) => {
    const size = Number(await readFile(join(dir, SIZE), "utf8").catch(() => "0"));
    if (size > 0 && size < MOST_BYTES) truncateSync(join(dir, WEIGHTS_FILE), size);
    const { modules, specs } = await readAdapter(dir, config);
    assert.equal(specs.length, modules.length);
    for (const { a, b, magnitude, scale } of specs) {
      assert.ok(scale > 0);
      for (const { shape, sources, name } of magnitude === undefined ? [a, b] : [a, b, magnitude]) {
        const values = sources.map(({ begin, end, dtype }) => (end - begin) / (dtype === "F32" ? 4 : 2));
        assert.deepEqual(values, [elementCount(shape)], name);
      }
    }
  };
  return takesFolder(input, [CONFIG_FILE, SIZE, WEIGHTS_FILE], read, { longest: 4096 });
}
