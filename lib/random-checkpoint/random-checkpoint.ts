/**
 * Makes a checkpoint of a published size with random weights: real names, shapes and config, HF-native bfloat16 with
 * motion parts. For tests, benches and dry runs; its answers mean nothing.
 */
import { join } from "node:path";
import { planFiles } from "../checkpoint/save-plan.js";
import { SETTINGS_FILE } from "../checkpoint/settings.js";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { checkFunction, checkInteger, checkOneOf, checkPath, optionError } from "../core/check.js";
import { makeFolder } from "../core/durable.js";
import { sweepHalves } from "../core/halves.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { heldInOutput } from "../core/output-place.js";
import { FAMILY_NAMES, FAMILY_TOKENS, type FamilyName, familyConfig } from "../layout/families.js";
import { HF_NATIVE } from "../layout/hf.js";
import { motionOf } from "../layout/motion-map.js";
import { type MappedParameter, mapModel } from "../layout/parameters.js";
import { SLOWFAST_R50 } from "../layout/slowfast.js";
import { writeHollowSafetensors, writeSafetensors } from "../weights/safetensors-writer.js";
import { INDEX_FILE } from "../weights/shards.js";
import { FAMILY_TOKENIZER_CONFIG, familyTokenizer } from "./family-tokenizer.js";
import { randomBfloat16 } from "./random-values.js";

/** Weights, in as many files as there may be. */
const WEIGHTS = /^model(?:-\d+-of-\d+)?\.safetensors$/;
/** As the published files: a shard is about five gigabytes. */
const MAX_SHARD_BYTES = 5e9;
const NOTICE = "The weights of this checkpoint are random: its scores mean nothing.";

/** Files between weights and config.json. */
const COMPANIONS: Readonly<Record<string, () => object>> = {
  "tokenizer.json": familyTokenizer,
  "tokenizer_config.json": () => FAMILY_TOKENIZER_CONFIG,
  "generation_config.json": () => ({
    bos_token_id: FAMILY_TOKENS.endOfText,
    eos_token_id: FAMILY_TOKENS.turnEnd,
  }),
  [SETTINGS_FILE]: () => ({ notice: NOTICE }),
};

/** Which shapes the made checkpoint has. */
export interface RandomCheckpointOptions {
  readonly like: FamilyName;
  /** Decoder layers; default: as published. The vision tower and the motion parts are never cut. */
  readonly layers?: number | undefined;
  /** Default 0. */
  readonly seed?: number | undefined;
  /** Is told after each tensor how many bytes of weights are written, and how many there will be. */
  readonly onProgress?: ((writtenBytes: number, totalBytes: number) => void) | undefined;
}

const RANDOM_OPTIONS: Names<RandomCheckpointOptions> = {
  like: true,
  layers: true,
  seed: true,
  onProgress: true,
};

/** All parameters of a published size, with SlowFast R50 and its projector. */
export function familyParameters(like: FamilyName, layers?: number): MappedParameter[] {
  const config = familyConfig(like, layers);
  const motion = motionOf(SLOWFAST_R50, config.geometry.language.hidden);
  return mapModel(HF_NATIVE, HF_NATIVE.prefixes[0], config, false, motion);
}

/**
 * Writes the folder; config.json comes last.
 *
 * @returns bytes of weights written.
 * @throws {EngineError} E_OPTION, also for what is no path, and for a folder that holds weights or a file of its names, or
 *   cannot be written; E_FORMAT naming what could not be written after all.
 */
export function makeRandomCheckpoint(dir: string, options: RandomCheckpointOptions): Promise<number> {
  return makeCheckpoint(dir, options, false);
}

/** The same without values: the weight files hold zeros that take no room. For models whose weights are drawn elsewhere. */
export async function makeHollowCheckpoint(
  dir: string,
  options: Pick<RandomCheckpointOptions, "like" | "layers">,
): Promise<void> {
  await makeCheckpoint(dir, options, true);
}

async function makeCheckpoint(
  dir: string,
  options: RandomCheckpointOptions,
  hollow: boolean,
): Promise<number> {
  checkPath("dir", dir);
  checkOptions(options, RANDOM_OPTIONS);
  const like = checkOneOf("like", options.like, FAMILY_NAMES);
  const layers = options.layers === undefined ? undefined : checkInteger("layers", options.layers, 1);
  const seed = checkInteger("seed", options.seed ?? 0, 0);
  if (options.onProgress !== undefined) checkFunction("onProgress", options.onProgress);
  await checkFolder(dir);
  const tensors = familyParameters(like, layers).flatMap((parameter) => parameter.tensors);
  const { files, index, bytes } = planFiles(tensors, "bfloat16", MAX_SHARD_BYTES);
  await makeFolder(dir);
  await sweepHalves(dir, (name) => WEIGHTS.test(name));
  const json = (name: string, value: object) => writeJsonAtomic(join(dir, name), value);
  let written = 0;
  for (const { name, tensors: own } of files) {
    const stored = own.map((tensor) => ({ ...tensor, dtype: "BF16" as const }));
    if (hollow) {
      await writeHollowSafetensors(join(dir, name), stored);
      continue;
    }
    await writeSafetensors(join(dir, name), stored, function* (tensor) {
      for (const piece of randomBfloat16(seed, tensor.name, tensor.shape)) {
        yield piece;
        written += piece.length;
      }
      options.onProgress?.(written, bytes);
    });
  }
  if (index !== null) await json(INDEX_FILE, index);
  for (const [name, value] of Object.entries(COMPANIONS)) await json(name, value());
  const { endOfText, turnEnd, imageSlot } = FAMILY_TOKENS;
  const config = familyConfig(like, layers);
  const model = { config, imageToken: imageSlot, tied: false, endTokens: [turnEnd], padToken: endOfText };
  await json("config.json", HF_NATIVE.writeConfig({ ...model, dtype: "bfloat16" }));
  return bytes;
}

/** Nothing that somebody trained, fetched or wrote is written over, and no weights lie beside other ones. */
async function checkFolder(dir: string): Promise<void> {
  const held = await heldInOutput(
    { name: "out", path: dir },
    (name) =>
      name === "config.json" ||
      Object.hasOwn(COMPANIONS, name) ||
      /\.safetensors(\.index\.json)?$/.test(name),
  );
  if (held === undefined) return;
  throw optionError(
    "out",
    "a folder without a checkpoint or a file of one",
    dir,
    `it holds ${held}: name another one, or empty it`,
  );
}
