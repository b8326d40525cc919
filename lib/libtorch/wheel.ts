/**
 * A Python wheel, read without Python: what it is (METADATA) and what it says of its files (RECORD). Unpacks nothing,
 * runs nothing. Every refusal is one message that names the file.
 *
 * Source: Python packaging specifications, "Binary distribution format" and "Recording installed projects".
 */
import { parse } from "csv-parse/sync";
import { type ByteSource, withFile } from "../core/byte-source.js";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import { readZipEntry } from "../core/zip.js";
import { readZipDirectory, type ZipEntry } from "../core/zip-directory.js";

/** METADATA of torch has 50 kB, RECORD 1 MB. */
const MAX_TEXT_BYTES = 2 ** 24;
const INFO = /^[^/]+\.dist-info\/(METADATA|RECORD|WHEEL)$/;

export interface Wheel {
  /** "torch" */
  readonly name: string;
  /** "2.13.0+cpu" */
  readonly version: string;
  /** Requirements without their markers, like "nvidia-cublas==13.0"; those of extras are left out. */
  readonly requires: readonly string[];
}

export interface OpenWheel extends Wheel {
  readonly source: ByteSource;
  /** What it is for, like "cp311-cp311-manylinux_2_28_x86_64". */
  readonly tags: readonly string[];
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** SHA-256 of each file that RECORD vouches for, hexadecimal. */
  readonly sums: ReadonlyMap<string, string>;
}

/**
 * Opens a wheel for as long as `use` runs.
 *
 * @throws {EngineError} E_NO_LIBTORCH naming the file when it is no whole wheel; what `use` throws.
 */
export async function withWheel<T>(file: string, use: (wheel: OpenWheel) => Promise<T>): Promise<T> {
  return await withFile(file, async (source) => use(await openWheel(source))).catch((error: unknown) => {
    if (error instanceof EngineError && error.code === "E_FORMAT") throw noWheel(file, error);
    throw error;
  });
}

/** @throws {EngineError} E_FORMAT naming the file when it is no whole wheel. */
export async function openWheel(source: ByteSource): Promise<OpenWheel> {
  const entries = await readZipDirectory(source);
  const entryOf = (kind: string) => [...entries.values()].find(({ name }) => INFO.exec(name)?.[1] === kind);
  const text = async (kind: string): Promise<string> => {
    const entry = entryOf(kind);
    if (entry === undefined) throw broken(source, `it has no *.dist-info/${kind}`);
    return new TextDecoder().decode(await readZipEntry(source, entry, MAX_TEXT_BYTES));
  };
  const metadata = readMetadata(await text("METADATA"));
  if (metadata === null) throw broken(source, "its METADATA says no name and version");
  // An archive of ours has none.
  const kind = entryOf("WHEEL") === undefined ? "" : await text("WHEEL");
  const tags = [...kind.matchAll(/^Tag:[ \t]*(\S+)/gim)].map(([, tag = ""]) => tag);
  return { source, tags, entries, ...metadata, sums: readRecord(source, await text("RECORD")) };
}

/** Name, version and requirements; null where one of the first two is not said. The body below the headers is prose. */
export function readMetadata(text: string): Wheel | null {
  const [head = ""] = text.split(/\r?\n\r?\n/, 1);
  const said = (key: string): string[] =>
    [...head.matchAll(new RegExp(`^${key}:[ \\t]*(.*?)\\r?$`, "gim"))].map(([, value = ""]) => value);
  const [name, version] = [said("Name")[0], said("Version")[0]];
  if (!name || !version) return null;
  const requires = said("Requires-Dist")
    .filter((line) => !/;.*\bextra\s*==/.test(line))
    .map((line) => line.split(";")[0]?.trim() ?? "");
  return { name, version, requires };
}

function readRecord(source: ByteSource, text: string): ReadonlyMap<string, string> {
  try {
    const rows = parse(text, { relax_column_count: true, skip_empty_lines: true }) as string[][];
    const sums = rows.flatMap(([path, sum]): [string, string][] => {
      const digest = /^sha256=([\w-]+=*)$/.exec(sum ?? "")?.[1];
      if (path === undefined || digest === undefined) return [];
      return [[path, Buffer.from(digest, "base64url").toString("hex")]];
    });
    return new Map(sums);
  } catch (cause) {
    throw broken(source, `its RECORD does not parse: ${printable((cause as Error).message)}`, cause);
  }
}

function broken({ file }: ByteSource, problem: string, cause?: unknown): EngineError {
  return new EngineError("E_FORMAT", `${file}: ${problem}`, { details: { file }, cause });
}

function noWheel(file: string, cause: EngineError): EngineError {
  const message = `${cause.message}; expected a whole torch wheel: fetch it again, or give another one`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { file }, cause });
}
