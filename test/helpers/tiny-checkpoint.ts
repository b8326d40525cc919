/** Checkpoint folders for tests: a recorded one, copied and then bent. */
import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goldenPath } from "./goldens.js";
import { readTensors, type Tensor, writeTensors } from "./safetensors.js";

/** A copy of test/goldens/internvl/<name> that a test may change. */
export async function copyCheckpoint(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `vqat-${name}-`));
  for (const file of ["config.json", "generation_config.json", "model.safetensors"]) {
    await cp(goldenPath(`internvl/${name}/${file}`), join(dir, file));
  }
  return dir;
}

/** Rewrites the weights, changed by `bend`. */
export async function bendWeights(
  dir: string,
  bend: (tensors: Record<string, Tensor>) => void,
): Promise<void> {
  const file = join(dir, "model.safetensors");
  const tensors = Object.fromEntries(await readTensors(file));
  bend(tensors);
  await writeTensors(file, tensors);
}

/** Rewrites a JSON file of the folder, changed by `bend`. */
export async function bendJson<Content>(
  dir: string,
  name: string,
  bend: (content: Content) => void,
): Promise<void> {
  const content = JSON.parse(await readFile(join(dir, name), "utf8")) as Content;
  bend(content);
  await writeFile(join(dir, name), JSON.stringify(content));
}
