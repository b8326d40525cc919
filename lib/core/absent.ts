/** Whether something is there, and what to say of a file that is not. Knows no format. */
import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { printable } from "./refuse.js";

/** What Node makes of bytes in a name that are not UTF-8. */
const NOT_UTF8 = "\uFFFD";

/**
 * What a path leads to; null where nothing is, below a file too.
 *
 * @throws the system's error for what may be there and cannot be looked at.
 */
export async function statIfThere(path: string): Promise<Stats | null> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
    throw error;
  });
}

/** Where a link leads that leads nowhere; null for what is no link. Asked only of a path that is not there. */
export function danglingTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** At the beginning of a path, or where `resolve` has put it; one letter would be a drive of Windows. */
const SCHEME = /(?:^|\/)([a-z][a-z\d+.-]+):\//i;

/** For a name that is no path of this machine; null for one that may be. */
function noPath(path: string): string | null {
  const [, scheme] = SCHEME.exec(path) ?? [];
  if (scheme?.toLowerCase() === "file") return "give the path itself instead of a file: URL";
  if (scheme !== undefined) return "only files of this machine are read, so download it first";
  return /(?:^|\/)-$/.test(path) ? "standard input is not read, so write it into a file first" : null;
}

/** "no such file", or why there is none although there seems to be one. */
export function noSuchFile(path: string): string {
  const target = danglingTarget(path);
  if (target !== null) return `a link to ${target}, which is not there`;
  const remedy = noPath(path);
  if (remedy !== null) return `no such file: ${remedy}`;
  if (!path.includes(NOT_UTF8)) return "no such file";
  return "no such file under this name: if the real one is not UTF-8, rename it (convmv -f latin1 -t utf8 --notest FILE)";
}

/**
 * What to say of a path, there or yet to be made, of which a part holds what Node makes of bytes that are not UTF-8, and
 * nothing has that name: what was meant has another one, and this one would be made beside it. Null for other paths.
 */
export function lostName(path: string): string | null {
  const whole = resolve(path);
  const last = whole.lastIndexOf(NOT_UTF8);
  if (last < 0) return null;
  const end = whole.indexOf("/", last);
  const named = end < 0 ? whole : whole.slice(0, end);
  return isThere(named) ? null : `${printable(named)}: ${noSuchFile(named)}`;
}

/** A link that leads nowhere is there. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
