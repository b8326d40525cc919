/**
 * One file that carries a libtorch to a machine without network: a zip in the form of a wheel, whose RECORD vouches for
 * every file, so that setting up from it is what setting up from a wheel is.
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Readable } from "node:stream";
import { fillFileAtomic } from "../core/atomic-file.js";
import { packageVersion } from "../core/package-root.js";
import { ZipWriter } from "../core/zip-writer.js";
import type { Libtorch } from "./libtorch.js";
import { ARCHIVE_NAME } from "./wheel-kind.js";

/** What is carried of torch/; beside it NVIDIA's libraries, where there are any. */
const PARTS = ["lib", "include", "share"];

/**
 * @param libtorch  of known version.
 * @param onBytes   is told how many bytes are read, and how many there are.
 * @throws {EngineError} E_FORMAT when the file cannot be written.
 */
export async function writeArchive(
  libtorch: Libtorch,
  file: string,
  onBytes: (done: number, total: number) => void = () => {},
): Promise<void> {
  const { root, version, cuda } = libtorch;
  const nvidia = cuda ? await filesBelow(join(dirname(root), "nvidia")) : [];
  const torch = (await Promise.all(PARTS.map((part) => filesBelow(join(root, part))))).flat();
  const named = [
    ...torch.map((path) => [`torch/${relative(root, path)}`, path] as const),
    ...nvidia.map((path) => [relative(dirname(root), path), path] as const),
  ];
  const sizes = await Promise.all(named.map(async ([, path]) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const info = `${ARCHIVE_NAME.replace("-", "_")}-${version}.dist-info`;
  await fillFileAtomic(file, async (handle) => {
    const zip = new ZipWriter(handle);
    const record: string[] = [];
    let done = 0;
    const add = async (name: string, content: Readable): Promise<void> => {
      const { sha256, bytes } = await zip.add(name, content);
      record.push(`${quoted(name)},sha256=${Buffer.from(sha256, "hex").toString("base64url")},${bytes}\n`);
      done += bytes;
    };
    for (const [name, path] of named) {
      await add(name, createReadStream(path, { highWaterMark: 2 ** 18 }));
      onBytes(done, total);
    }
    const summary = `libtorch ${version} for ${packagesHere()}`;
    const metadata = `Metadata-Version: 2.1\nName: ${ARCHIVE_NAME}\nVersion: ${version}\nSummary: ${summary}\n`;
    await add(`${info}/METADATA`, Readable.from([Buffer.from(metadata)]));
    const own = `${info}/RECORD`;
    await zip.add(own, Readable.from([Buffer.from([...record, `${own},,\n`].join(""))]));
    await zip.finish();
  });
}

/** The packages that a libtorch of here serves, by name and version. */
export function packagesHere(): string {
  const version = packageVersion();
  return `vqathinker@${version} and @vqathinker/${process.platform}-${process.arch}@${version}`;
}

function quoted(name: string): string {
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** Plain files, and links to such, in the order of their names; none where there is no such folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return paths.sort();
}
