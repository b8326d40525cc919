/** Where a program's outputs go: whether they can, before anything runs, and whether two names are one place. */
import { type BigIntStats, constants, fstatSync } from "node:fs";
import { access, lstat, open, readdir, readlink, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { lostName, statIfThere } from "./absent.js";
import { neighbour } from "./atomic-file.js";
import { optionError } from "./check.js";
import { EngineError } from "./errors.js";
import { sweepHalves, untilFinished } from "./halves.js";
import { printable, systemReason } from "./refuse.js";

/** A path and what it was given as: an option's name, "videos", whatever a message should say. */
export interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** Options and their paths, without those that were not given. */
export function namedPaths(flags: Readonly<Record<string, string | undefined>>): NamedPath[] {
  return Object.entries(flags).flatMap(([name, path]) => (path === undefined ? [] : [{ name, path }]));
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
 * Sees that a file can be written, through its links: the nearest folder above it that is there takes a neighbour, which
 * is what a file is written to first. Makes nothing. A device or a pipe, such as /dev/stdout, is taken as it is.
 *
 * @returns where to write it: a file's real place, or the path as it is.
 * @throws {EngineError} E_OPTION naming option and path, and what is in the way.
 */
export async function checkOutput({ name, path }: NamedPath): Promise<string> {
  const refused = (reason: string) => optionError(name, "a file that can be written", path, reason);
  if (path === "") throw refused("a name is needed");
  if (path.endsWith("/")) throw refused("that is a folder's name");
  refuseLostName(path, refused);
  return looking(refused, async () => {
    // Asked by its own name: a pipe that is open has no real one.
    const found = await statIfThere(path);
    const place = await realPlace(path);
    if (found?.isDirectory()) throw refused(`${printable(place)} is a folder`);
    if (found?.isSocket()) throw refused(`${printable(path)} is a socket`);
    if (found !== null) await access(path, constants.W_OK);
    if (found !== null && !found.isFile()) return path;
    await takesNeighbour(dirname(place), basename(place), refused);
    return place;
  });
}

/**
 * Sees that a folder can be made, or takes what is put into it where it is there. Makes nothing.
 *
 * @throws {EngineError} E_OPTION naming option and path, and what is in the way.
 */
export async function checkOutputFolder({ name, path }: NamedPath): Promise<void> {
  const refused = (reason: string) => optionError(name, "a folder that can be written", path, reason);
  refuseLostName(path, refused);
  const place = await realPlace(path);
  await looking(refused, async () => {
    await refuseDanglingLink(resolve(path), refused);
    await takesNeighbour(place, basename(place), refused);
  });
}

/** As checkOutputFolder; the first name in the folder that is one of those, undefined where there is none. */
export async function heldInOutput(
  place: NamedPath,
  isOne: (name: string) => boolean,
): Promise<string | undefined> {
  await checkOutputFolder(place);
  const names = await readdir(place.path).catch(() => []);
  return names.find(isOne);
}

type Refused = (reason: string) => EngineError;

function refuseLostName(path: string, refused: Refused): void {
  const lost = lostName(path);
  if (lost !== null) throw refused(lost);
}

async function looking<T>(refused: Refused, look: () => Promise<T>): Promise<T> {
  return look().catch((error: Error) => {
    throw error instanceof EngineError ? error : refused(systemReason(error));
  });
}

/** No folder is made in the place of such a link. */
async function refuseDanglingLink(path: string, refused: Refused): Promise<void> {
  for (let at = path; at !== dirname(at) && (await statIfThere(at)) === null; at = dirname(at)) {
    const found = await lstat(at).catch(() => null);
    if (found?.isSymbolicLink()) throw refused(`${printable(at)} is a link that leads nowhere`);
  }
}

/** A folder, or where it is not there the nearest one above it, by a file that is gone again, as is one that a killed process left. */
async function takesNeighbour(folder: string, name: string, refused: Refused): Promise<void> {
  let at = folder;
  let found = await statIfThere(at);
  while (found === null) {
    at = dirname(at);
    found = await statIfThere(at);
  }
  if (!found.isDirectory()) throw refused(`${printable(at)} is no folder`);
  await sweepHalves(at, (whole) => whole === name);
  const trial = neighbour(join(at, name), "part");
  const finished = untilFinished(trial);
  try {
    const handle = await open(trial, "wx").catch((error: NodeJS.ErrnoException) => {
      // The folder is there: it is one of the system's own.
      throw error.code === "ENOENT" ? refused(`in ${printable(at)} no file can be made`) : error;
    });
    await handle.close();
    await rm(trial);
  } finally {
    finished();
  }
}

/** Whether a path is nothing yet, or a file: what is neither has nothing beside it. */
export async function isFileToBe(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null || found.isFile();
}

/**
 * @param outputs  that will be written, in the order in which messages name them.
 * @param inputs   that are read, or must otherwise stay as they are.
 * @throws {EngineError} E_OPTION naming both when an output is an input, or two outputs are one: by their real places,
 *   or as two names of one file. What is printed is an output, too, where it is led into a file.
 */
export async function refuseOverlap(
  outputs: readonly NamedPath[],
  inputs: readonly NamedPath[],
): Promise<void> {
  const owners = new Map<string, NamedPath>(openOutputs());
  for (const output of outputs) {
    const marks = await marksOf(output.path);
    const other = marks.map((mark) => owners.get(mark)).find((owner) => owner !== undefined);
    if (other !== undefined) throw overlap(output, other, "is written there, too");
    for (const mark of marks) owners.set(mark, output);
  }
  if (outputs.length === 0) return;
  for (const input of inputs) {
    const output = (await marksOf(input.path))
      .map((mark) => owners.get(mark))
      .find((owner) => owner !== undefined && outputs.includes(owner));
    if (output !== undefined) throw overlap(output, input, "would be lost");
  }
}

/** What is printed may be led into a file, by whatever name. */
function* openOutputs(): Generator<[mark: string, owner: NamedPath]> {
  for (const [descriptor, name] of [
    [1, "standard output"],
    [2, "standard error"],
  ] as const) {
    const found = openStats(descriptor);
    if (found?.isFile()) yield [markOf(found), { name, path: name }];
  }
}

function openStats(descriptor: number): BigIntStats | null {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    // A process may be started with a descriptor closed.
    return null;
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
  return found === null ? [place] : [place, markOf(found)];
}

function markOf({ dev, ino }: BigIntStats): string {
  return `\0${dev}:${ino}`;
}
