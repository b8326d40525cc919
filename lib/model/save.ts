/** Writes a model as a checkpoint folder that transformers, OpenGVLab's code and `loadModel` open. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { planSave, staleFiles } from "../checkpoint/save-plan.js";
import { SETTINGS_FILE } from "../checkpoint/settings.js";
import { writeAtomic, writeJsonAtomic } from "../core/atomic-file.js";
import { checkInteger, checkOneOf } from "../core/check.js";
import { makeFolder } from "../core/durable.js";
import { isFile } from "../core/text-file.js";
import { layoutNames } from "../layout/layouts.js";
import type { DType, ModelHandle } from "../native/binding.js";
import { nativeJob } from "../native/call.js";
import { CONVERSATION_FILE } from "../text/conversation.js";
import { TOKENIZER_FILES } from "../tokenizer/tokenizer.js";
import { INDEX_FILE } from "../weights/shards.js";
import type { SaveOptions } from "./types.js";

/** Files beside the weights that say how the model is used; they travel with every saved copy. */
const COMPANIONS = [
  ...TOKENIZER_FILES,
  CONVERSATION_FILE,
  "generation_config.json",
  "chat_template.jinja",
  "preprocessor_config.json",
  "processor_config.json",
  "video_preprocessor_config.json",
  SETTINGS_FILE,
];
export const DTYPES: readonly DType[] = ["float32", "bfloat16"];

/** The companions that are there, and the code that config.json names when it is saved as it was. */
async function companionsIn(dir: string, sameLayout: boolean): Promise<string[]> {
  const names = await readdir(dir);
  return names.filter((name) => COMPANIONS.includes(name) || (sameLayout && name.endsWith(".py")));
}

/**
 * One that went away since loading is no reason to lose the weights. Not its mode: a cache may keep files from everybody but
 * their owner.
 */
async function copyCompanion(from: string, to: string): Promise<void> {
  if (await isFile(from).catch(() => false)) await writeAtomic(to, await readFile(from));
}

/** How a model is asked goes with it, whether its weights are written whole or as an adapter. */
export async function copySettings(from: string, to: string): Promise<void> {
  if (resolve(from) !== resolve(to)) await copyCompanion(join(from, SETTINGS_FILE), join(to, SETTINGS_FILE));
}

/**
 * Weights first, config.json last, so that a folder with a config.json is a whole checkpoint; each file is written
 * whole or not at all. Weight files of an earlier save in the folder are removed.
 *
 * @throws {EngineError} E_OPTION; E_FORMAT naming the file that cannot be written.
 */
export async function saveCheckpoint(
  handle: ModelHandle,
  checkpoint: Checkpoint,
  dir: string,
  options: SaveOptions & { readonly dtype: DType; readonly settingsDir: string },
): Promise<void> {
  const dtype = checkOneOf("dtype", options.dtype, DTYPES);
  const own = checkpoint.survey.config.layout;
  const layout = checkOneOf("layout", options.layout ?? own, layoutNames());
  const most = checkInteger("maxShardBytes", options.maxShardBytes ?? Number.MAX_SAFE_INTEGER, 1);
  const plan = planSave(checkpoint, layout, dtype, most);
  await makeFolder(dir);
  if (resolve(checkpoint.dir) !== resolve(dir)) {
    for (const name of await companionsIn(checkpoint.dir, layout === own))
      if (name !== SETTINGS_FILE) await copyCompanion(join(checkpoint.dir, name), join(dir, name));
  }
  await copySettings(options.settingsDir, dir);
  for (const { name, tensors } of plan.files) {
    await nativeJob(undefined, (native, job) =>
      native.saveModel(handle, { path: join(dir, name), dtype, tensors }, job),
    );
  }
  if (plan.index !== null) await writeJsonAtomic(join(dir, INDEX_FILE), plan.index);
  for (const name of staleFiles(await readdir(dir), plan)) await rm(join(dir, name));
  if (plan.generation !== null) await writeJsonAtomic(join(dir, "generation_config.json"), plan.generation);
  await writeJsonAtomic(join(dir, "config.json"), plan.config);
}
