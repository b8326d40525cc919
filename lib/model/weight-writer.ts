/** Writes a safetensors file as its values come, whole or not at all. Knows no model. */
import { open, rename, rm } from "node:fs/promises";
import { EngineError } from "../core/errors.js";
import { layOutSafetensors, type TensorLayout } from "./safetensors.js";

/**
 * @param valuesOf  The little-endian bytes of a tensor, in pieces; a piece is written before the next one is asked for,
 *   so that it may be one buffer, filled anew.
 * @throws {EngineError} E_INTERNAL when the pieces are not the tensor's size.
 */
export async function writeSafetensors<T extends TensorLayout>(
  file: string,
  tensors: readonly T[],
  valuesOf: (tensor: T) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const { head, begins, bytes } = layOutSafetensors(tensors, { format: "pt" });
  const part = `${file}.part-${process.pid}`;
  const handle = await open(part, "w");
  try {
    let at = (await handle.write(head, 0, head.length, 0)).bytesWritten;
    for (const [i, tensor] of tensors.entries()) {
      for await (const piece of valuesOf(tensor)) {
        await handle.write(piece, 0, piece.length, at);
        at += piece.length;
      }
      const end = begins[i + 1] ?? bytes;
      if (at !== end)
        throw new EngineError("E_INTERNAL", `${tensor.name}: expected to end at byte ${end}, ended at ${at}`);
    }
    await handle.close();
    await rename(part, file);
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}
