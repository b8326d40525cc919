/** What a folder without our weight files holds in their place, and what to do with it. Opens none of them. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { listed } from "../core/refuse.js";
import { toType } from "../core/to-type.js";

export const ADAPTER_CONFIG = "adapter_config.json";
const SHARD = /^.+-\d+-of-\d+\.safetensors$/;
/** As clients of hubs and browsers call what they have not fetched yet. */
const UNFINISHED =
  /\.safetensors(\.index\.json)?\.?.*\.(incomplete|part|partial|crdownload|download|aria2|tmp)$/;
const TORCH = /\.(bin|pt|pth|pyth|ckpt)$/;

/** Words for the end of a message that says what was expected. */
export async function weightsInstead(dir: string): Promise<string> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const names = entries.map(({ name }) => name).sort();
  const some = (pattern: RegExp) => names.filter((name) => pattern.test(name));
  if (names.includes(ADAPTER_CONFIG) || some(/^adapter_model\./).length > 0) return LORA_ALONE;
  const shards = some(SHARD);
  if (shards.length > 0)
    return `found ${shards.length} shards (${listed(shards, 3)}) and no index: it comes from where they do`;
  const own = some(/\.safetensors$/);
  const folder = entries.find((entry) => entry.isDirectory() && own.includes(entry.name));
  if (folder !== undefined) return `found ${folder.name}, which is a folder`;
  if (own.length > 0) return `found ${listed(own, 3)}`;
  const [gguf] = some(/\.gguf$/i);
  if (gguf !== undefined)
    return `found ${gguf}, which is not read here: take the safetensors of the same model`;
  const [unfinished] = some(UNFINISHED);
  if (unfinished !== undefined) return `found ${unfinished}: the download did not finish, start it again`;
  const [torch, ...more] = some(TORCH);
  if (torch === undefined) return "found neither";
  if (more.length === 0)
    return `found ${torch}: ${toType("convert", join(dir, torch), "--out", join(dir, "model.safetensors"))} makes safetensors of it`;
  const all = listed([torch, ...more], 3);
  return `found ${all}: save the model as safetensors where they were made (save_pretrained), or, of each one that is whole, ${toType("convert", "IN", "--out", "FILE")}`;
}

/** What an adapter is told as, wherever one stands in a checkpoint's place. */
export const LORA_ALONE = `found a LoRA adapter alone: ${toType("merge", "ADAPTER", "--model", "BASE", "--out", "DIR")} writes a checkpoint of both`;
