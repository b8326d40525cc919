/** The files that a model is read from, as inputs that no output may take the place of. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { NamedPath } from "../core/output-place.js";
import { modelPlace } from "./adapter-folder.js";

/**
 * All files of a checkpoint's folder, of an adapter's, and of the one that the adapter names. A folder that cannot be read has
 * none here: that is told of where it is opened.
 *
 * @param model  a folder; shipped names are not known here.
 */
export async function modelFiles(model: string, adapter?: string): Promise<NamedPath[]> {
  const base = await modelPlace(model, { adapter }).catch(() => null);
  const dirs = new Map([[model, "model"], ...(base === null ? [] : [[base.base, "model"] as const])]);
  if (adapter !== undefined) dirs.set(adapter, "adapter");
  const files: NamedPath[] = [];
  for (const [dir, name] of dirs)
    for (const file of await readdir(dir).catch(() => [])) files.push({ name, path: join(dir, file) });
  return files;
}
