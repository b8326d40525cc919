/** Fuzz target: what an adapter folder of ours says of its base, and the motion projector that its file claims to have. */
import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG_FILE, writtenConfig } from "../../lib/adapter/config.js";
import { WEIGHTS_FILE, writtenAdapters } from "../../lib/adapter/tensors.js";
import { readCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { elementCount } from "../../lib/core/element-types.js";
import type { Draws } from "../../lib/core/rng.js";
import {
  BASE_FILE,
  baseOf,
  PROJECTOR_FILE,
  projectorTensors,
  readAdapterFolder,
} from "../../lib/model/adapter-folder.js";
import { plannedAdapter } from "../../lib/model/adapter-options.js";
import { layOutSafetensors } from "../../lib/weights/safetensors.js";
import { goldenPath } from "../helpers/goldens.js";
import { once, oneOf } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { jsonBytes } from "./json.js";

export const READERS = ["lib/model/adapter-folder.ts"];

const SIZE = "size";
const checkpoint = await readCheckpoint(goldenPath("internvl/motion"));
const base = { ...(await baseOf(checkpoint.dir, {})), motionProjector: true };
const adapter = plannedAdapter(checkpoint.survey.config, checkpoint.dir, { targets: ["k_proj"], rank: 1 });
const weights = layOutSafetensors(
  writtenAdapters(adapter.modules, adapter.settings).map(({ name, shape }) => ({
    name,
    dtype: "F32",
    shape,
  })),
);
const KEYS = "model identity files weights slowfast motion motionProjector sample header bytes".split(" ");
const MOST_BYTES = 2 ** 24;

export function make(draws: Draws): Uint8Array {
  const rate = oneOf(draws, [8, 2 ** 8, 2 ** 20]);
  const claimed = projectorTensors(checkpoint).flatMap(({ name, shape }) => {
    if (once(draws, rate)) return [];
    const dtype = once(draws, rate) ? "F16" : oneOf(draws, ["F32", "BF16"] as const);
    const own = { name, dtype, shape: once(draws, rate) ? shape.map(() => draws.below(4)) : shape } as const;
    const odd = { name: oneOf(draws, ["a", "mlp1.0.bias"]), dtype: "F32", shape: [draws.below(3)] } as const;
    return once(draws, rate) ? [own, odd] : [own];
  });
  const { head, bytes } = layOutSafetensors([...new Map(claimed.map((one) => [one.name, one])).values()]);
  const record = once(draws, 4) ? jsonBytes(draws, base, KEYS) : JSON.stringify(base);
  return packed({ [BASE_FILE]: record, [SIZE]: String(bytes), [PROJECTOR_FILE]: head });
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = async (dir: string) => {
    writeFileSync(join(dir, CONFIG_FILE), JSON.stringify(writtenConfig(adapter.settings)));
    writeFileSync(join(dir, WEIGHTS_FILE), weights.head);
    truncateSync(join(dir, WEIGHTS_FILE), weights.bytes);
    const size = Number(await readFile(join(dir, SIZE), "utf8").catch(() => "0"));
    if (size > 0 && size < MOST_BYTES) truncateSync(join(dir, PROJECTOR_FILE), size);
    const { projector } = await readAdapterFolder(dir, checkpoint, {});
    for (const { shape, sources } of projector) {
      const values = sources.map(({ begin, end, dtype }) => (end - begin) / (dtype === "F32" ? 4 : 2));
      assert.deepEqual(values, [elementCount(shape)]);
    }
  };
  return takesFolder(input, [BASE_FILE, SIZE, PROJECTOR_FILE], read, { longest: 4096 });
}
