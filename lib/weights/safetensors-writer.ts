/** Writes a safetensors file as its values come, whole or not at all. Knows no model. */
import { fillFileAtomic, writeAt } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import { layOutSafetensors, type TensorLayout } from "./safetensors.js";

/**
 * A file with the header and the size of these tensors and no values: what is read of them is zeros, and they take no
 * room on a disk that keeps holes.
 */
export async function writeHollowSafetensors(file: string, tensors: readonly TensorLayout[]): Promise<void> {
  const { head, bytes } = layOutSafetensors(tensors, { format: "pt" });
  await fillFileAtomic(file, async (handle) => {
    await writeAt(handle, head, 0);
    await handle.truncate(bytes);
  });
}

/**
 * @param valuesOf  The little-endian bytes of a tensor, in pieces; a piece is written before the next one is asked for,
 *   so that it may be one buffer, filled anew.
 * @throws {EngineError} E_INTERNAL when the pieces are not the tensor's size.
 */
export async function writeSafetensors<T extends TensorLayout>(
  file: string,
  tensors: readonly T[],
  valuesOf: (tensor: T) => Iterable<Uint8Array>,
): Promise<void> {
  const { head, begins, bytes } = layOutSafetensors(tensors, { format: "pt" });
  await fillFileAtomic(file, async (handle) => {
    await writeAt(handle, head, 0);
    for (const [i, tensor] of tensors.entries()) {
      let at = begins[i] ?? 0;
      for (const piece of valuesOf(tensor)) {
        await writeAt(handle, piece, at);
        at += piece.length;
      }
      const end = begins[i + 1] ?? bytes;
      if (at !== end)
        throw new EngineError("E_INTERNAL", `${tensor.name}: expected to end at byte ${end}, ended at ${at}`);
    }
  });
}
