/** A file of torch.save, in either of its formats: its value, and where the bytes of its storages lie. */
import { type ByteSource, readStart } from "../core/byte-source.js";
import { disguise } from "../core/disguise.js";
import { refuse } from "../core/refuse.js";
import { readLegacyFile } from "./legacy.js";
import type { TorchFile } from "./torch-format.js";
import { readTorchZip } from "./torch-zip.js";

/** The first two bytes of a zip archive, and the opcode with which a binary pickle begins. */
const ZIP = [0x50, 0x4b];
const PICKLE = 0x80;

/**
 * Reads the pickles of the file, and none of its tensors' bytes.
 *
 * @throws {EngineError} E_FORMAT, naming what is wrong and where.
 */
export async function openTorchFile(source: ByteSource): Promise<TorchFile> {
  const start = await readStart(source);
  if (start[0] === ZIP[0] && start[1] === ZIP[1]) return readTorchZip(source);
  if (start[0] === PICKLE) return readLegacyFile(source);
  const expected = "expected a file of torch.save, which is a zip archive or begins with a pickle";
  const found = disguise(start);
  return refuse(source.file, null, `${expected}; it is ${found ?? "neither"}`);
}
