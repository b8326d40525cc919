/**
 * Tensors of a checkpoint that nothing is computed from. Their bytes are read when the model is opened, since a save may
 * replace the files that hold them, and travel with every saved copy.
 */
import { readRange, withFile } from "../core/byte-source.js";
import type { Prefixes } from "../layout/layout.js";
import type { CopiedTensor } from "../native/binding.js";
import type { StoredTensor } from "../weights/safetensors.js";

/** @throws {EngineError} E_FORMAT when a file cannot be read any more. */
export async function readUnused(skipped: readonly StoredTensor[]): Promise<CopiedTensor[]> {
  const read: CopiedTensor[] = [];
  for (const { name, dtype, shape, file, begin, end } of skipped) {
    const bytes = await withFile(file, (source) => readRange(source, begin, end - begin));
    read.push({ name, dtype, shape, bytes });
  }
  return read;
}

/** Under the names of another layout: only the language model's prefix differs; motion parts keep theirs. */
export function renamedUnused(
  unused: readonly CopiedTensor[],
  { language: from }: Prefixes,
  { language: to }: Prefixes,
): CopiedTensor[] {
  return unused.map((tensor) =>
    tensor.name.startsWith(from) ? { ...tensor, name: to + tensor.name.slice(from.length) } : tensor,
  );
}
