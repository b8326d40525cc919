/**
 * torch.save's format since 1.6: a zip archive with NAME/data.pkl, and each storage as NAME/data/KEY.
 *
 * Source: torch/serialization.py, _save and _load.
 */
import type { ByteSource } from "../core/byte-source.js";
import { refuse } from "../core/refuse.js";
import { locateEntry, readZipEntry } from "../core/zip.js";
import { readZipDirectory, type ZipEntry } from "../core/zip-directory.js";
import { MAX_PICKLE_BYTES, unpickle } from "../pickle/machine.js";
import { StorageTable } from "../pickle/storage.js";
import type { Root } from "../pickle/values.js";
import type { TorchFile } from "./torch-format.js";

const MAX_BYTE_ORDER_BYTES = 16;

/** @throws {EngineError} E_FORMAT */
export async function readTorchZip(source: ByteSource): Promise<TorchFile> {
  const { file } = source;
  const entries = await readZipDirectory(source);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1)
    return refuse(file, null, `expected one NAME/data.pkl in the archive, found ${pickles.length}`);
  const folder = pickle.name.slice(0, -"data.pkl".length);
  await checkByteOrder(source, entries.get(`${folder}byteorder`));
  const storages = new StorageTable();
  const { value } = unpickle(await readZipEntry(source, pickle, MAX_PICKLE_BYTES), 0, {
    file,
    entry: pickle.name,
    persistent: (id) => storages.declare(id),
  });
  const entryOf = (root: Root): ZipEntry => storageEntry(file, entries, `${folder}data/${root.key}`, root);
  // All of them now, so that a file that lies about one is refused before anything is written.
  for (const root of storages.roots) entryOf(root);
  return {
    format: "zip",
    value,
    locate: async (root) => (entryOf(root).deflated ? null : locateEntry(source, entryOf(root))),
    readWhole: (root, most) => readZipEntry(source, entryOf(root), most),
  };
}

function storageEntry(
  file: string,
  entries: ReadonlyMap<string, ZipEntry>,
  name: string,
  { bytes }: Root,
): ZipEntry {
  const entry = entries.get(name);
  if (entry === undefined) return refuse(file, name, "the pickle names this storage, the archive has none");
  if (entry.bytes === bytes) return entry;
  return refuse(file, name, `the pickle gives this storage ${bytes} bytes, the archive ${entry.bytes}`);
}

/** Files before torch 2.1 do not say it; they were written on little-endian machines. */
async function checkByteOrder(source: ByteSource, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return;
  const order = new TextDecoder().decode(await readZipEntry(source, entry, MAX_BYTE_ORDER_BYTES)).trim();
  if (order !== "little") refuse(source.file, entry.name, `expected the byte order little, found ${order}`);
}
