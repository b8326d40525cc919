/** Bytes in memory where the readers expect a file. */
import type { ByteSource } from "../../lib/core/byte-source.js";

export function bytesSource(bytes: Uint8Array, file = "bytes"): ByteSource {
  return {
    file,
    size: bytes.length,
    async read(into, offset) {
      if (offset + into.length > bytes.length)
        throw new Error(`read past the end: ${offset} + ${into.length}`);
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}
