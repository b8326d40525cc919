/** Why a path is no checkpoint folder, or none of an adapter, and which folder may have been meant. Opens no file. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { noSuchFile } from "../core/absent.js";
import { listed } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import { ADAPTER_CONFIG, LORA_ALONE } from "../weights/found-instead.js";

export const CONFIG_FILE = "config.json";
/** snapshots/HASH of a model in a hub's cache, and the model itself above it. */
const LEVELS = 3;
/** Folders that are looked into. */
const MOST_FOLDERS = 200;

/** What to say of a folder without config.json, or with that of a run. */
export async function noCheckpoint(dir: string): Promise<string> {
  const expected = "expected a checkpoint folder";
  const none = await noFolder(dir);
  if (none !== null) return `${expected}${none}`;
  if (await isFile(join(dir, ADAPTER_CONFIG))) return `${expected}, ${LORA_ALONE}`;
  if (await isFile(join(dir, CONFIG_FILE)))
    return `${expected}, found the folder of a run${await meantIn(dir)}`;
  return `${expected}; it has no ${CONFIG_FILE}${await meantIn(dir)}`;
}

/** What to say of an adapter's folder without adapter_config.json. */
export async function noAdapter(dir: string): Promise<string> {
  const expected = `expected an adapter folder (${ADAPTER_CONFIG})`;
  const none = await noFolder(dir);
  if (none !== null) return `${expected}${none}`;
  return `${expected}; it has no ${ADAPTER_CONFIG}${await meantIn(dir, [ADAPTER_CONFIG])}`;
}

async function noFolder(dir: string): Promise<string | null> {
  const stats = await stat(dir).catch(() => null);
  if (stats === null) return `: ${noSuchFile(dir).replace("no such file", "no such folder")}`;
  return stats.isDirectory() ? null : ", found a file: name the folder that it is in";
}

/** Whether a config without a model is that of a run: it lies above checkpoints. */
export async function isRunFolder(dir: string, config: object): Promise<boolean> {
  if ("model_type" in config) return false;
  return (await stat(join(dir, "checkpoints")).catch(() => null))?.isDirectory() ?? false;
}

/** An adapter by itself opens its base, and so may stand for a checkpoint. */
async function meantIn(dir: string, names = [CONFIG_FILE, ADAPTER_CONFIG]): Promise<string> {
  const meant = await foldersWith(dir, names);
  return meant.length === 0 ? "" : `; there is one in ${listed(meant, 3)}: name that folder`;
}

/** Paths below `dir` of folders that have one of these files, the nearest first. */
async function foldersWith(dir: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  let level = [""];
  for (let depth = 0; depth < LEVELS && found.length === 0; depth++) {
    const next: string[] = [];
    for (const folder of level.slice(0, MOST_FOLDERS)) {
      const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) if (entry.isDirectory()) next.push(join(folder, entry.name));
    }
    level = next.sort();
    for (const folder of level.slice(0, MOST_FOLDERS))
      if (await holdsOne(join(dir, folder), names)) found.push(folder);
  }
  return found;
}

async function holdsOne(dir: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => stat(join(dir, name)).catch(() => null)));
  return found.some((one) => one?.isFile());
}
