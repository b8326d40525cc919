/** Where a program's outputs go: whether they can, before anything runs, and whether two names are one place. */
import { constants, type Stats } from "node:fs";
import { access, lstat, mkdir, open, readlink, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { optionError } from "./check.js";
import type { EngineError } from "./errors.js";
import { printable } from "./refuse.js";

/** A path and what it was given as: an option's name, "videos", whatever a message should say. */
export interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** So many links may lead from one to the next, as on Linux. */
const MOST_LINKS = 40;

/** The absolute path without links, of a file or folder that need not be there. */
export async function realPlace(path: string): Promise<string> {
  let at = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const real = await realpath(at).catch(() => null);
    if (real !== null) return real;
    const target = await readlink(at).catch(() => null);
    if (target === null) break;
    at = resolve(dirname(at), target);
  }
  const folder = dirname(at);
  return folder === at ? at : join(await realPlace(folder), basename(at));
}

/**
 * A file that will be written, through its links: the folders above it are there afterwards, made one by one where
 * they were not, and a file can be made beside it.
 *
 * @returns its real path.
 * @throws {EngineError} E_OPTION naming option and path where something else than a file is there, or nothing can be
 *   written there.
 */
export async function outputFile({ name, path }: NamedPath): Promise<string> {
  const unwritable = ({ message }: Error) => optionError(name, "a file that can be written", path, message);
  if (/\/$/.test(path)) throw optionError(name, "a file to write", path, "it ends as a folder's name does");
  const place = await realPlace(path);
  const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ELOOP") throw unwritable(error);
    return null;
  });
  if (found !== null && !found.isFile())
    throw optionError(name, "a file to write", path, `${printable(place)} is ${kindOf(found)}`);
  try {
    await makeFolder(dirname(place));
    if (found !== null) await access(place, constants.W_OK);
    // Writes are to a neighbour first, so the folder must take one, under a name as long as that of the real one.
    const probe = `${place}.part-${process.pid}`;
    await open(probe, "wx").then((handle) => handle.close());
    await rm(probe);
  } catch (error) {
    throw unwritable(error as Error);
  }
  return place;
}

/**
 * Makes a folder and those above it. Node's own recursive mkdir turns round for ever where the system says that there
 * is no such file, as it does under /proc.
 */
export async function makeFolder(dir: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(dir); !(await isThere(at)); at = dirname(at)) missing.unshift(at);
  for (const folder of missing)
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else may have made it meanwhile.
      if (error.code !== "EEXIST") throw error;
    });
  if (!(await stat(dir)).isDirectory()) throw new Error(`${printable(dir)} is no folder`);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => path === dirname(path),
  );
}

/**
 * @param outputs  that will be written, in the order in which messages name them.
 * @param inputs   that are read, or must otherwise stay as they are.
 * @throws {EngineError} E_OPTION naming both when an output is an input, or two outputs are one: by their real places,
 *   or as two names of one file.
 */
export async function refuseOverlap(
  outputs: readonly NamedPath[],
  inputs: readonly NamedPath[],
): Promise<void> {
  const owners = new Map<string, NamedPath>();
  for (const output of outputs) {
    const marks = await marksOf(output.path);
    const other = marks.map((mark) => owners.get(mark)).find((owner) => owner !== undefined);
    if (other !== undefined) throw overlap(output, other, "is written there, too");
    for (const mark of marks) owners.set(mark, output);
  }
  if (outputs.length === 0) return;
  for (const input of inputs) {
    const output = (await marksOf(input.path)).map((mark) => owners.get(mark)).find((owner) => owner);
    if (output !== undefined) throw overlap(output, input, "would be lost");
  }
}

function overlap(output: NamedPath, other: NamedPath, why: string): EngineError {
  return optionError(
    output.name,
    `another file than that of ${other.name}`,
    output.path,
    `${printable(other.path)} ${why}`,
  );
}

/** What a place is known by: its real path, and where something is there its number on its device. */
async function marksOf(path: string): Promise<string[]> {
  const [place, found] = await Promise.all([realPlace(path), stat(path, { bigint: true }).catch(() => null)]);
  return found === null ? [place] : [place, `\0${found.dev}:${found.ino}`];
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device";
}
