/** Fingerprints of bytes. Pure. */
import { createHash } from "node:crypto";

/** SHA-256 in hexadecimal, 64 digits; of a text's UTF-8 bytes. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
