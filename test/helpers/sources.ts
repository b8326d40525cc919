/** The repository's own files, for tests that read sources instead of running them. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

/** Tracked files and new ones that git does not ignore, relative to the root, sorted. */
export function sourceFiles(pattern: RegExp): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  return execFileSync("git", args, { cwd: packageRoot(), encoding: "utf8" })
    .split("\n")
    .filter((path) => path !== "" && pattern.test(path) && existsInTree(path))
    .sort();
}

export function readSource(path: string): string {
  return readFileSync(join(packageRoot(), path), "utf8");
}

/** Lines of the files that `find` says something about, as "path:line: what it says". */
export function findings(
  paths: readonly string[],
  find: (line: string, path: string) => string | null,
): string[] {
  return paths.flatMap((path) =>
    readSource(path)
      .split("\n")
      .flatMap((line, place) => {
        const found = find(line, path);
        return found === null ? [] : [`${path}:${place + 1}: ${found}`];
      }),
  );
}

/** The file of ours that a line of TypeScript imports, types and lazy imports included; null where it imports none. */
export function importedBy(line: string, path: string): string | null {
  const target = /(?:from|import\() ?"(\.[^"]+)"/.exec(line)?.[1];
  return target === undefined ? null : join(dirname(path), target).replace(/\.js$/, ".ts");
}

/** All files of ours that a file imports, and that these import, and so on; itself among them. */
export function reachedFrom(path: string, reached = new Set<string>()): Set<string> {
  if (reached.has(path)) return reached;
  reached.add(path);
  for (const line of readSource(path).split("\n")) {
    const target = importedBy(line, path);
    if (target !== null) reachedFrom(target, reached);
  }
  return reached;
}

function existsInTree(path: string): boolean {
  try {
    readSource(path);
    return true;
  } catch {
    return false;
  }
}
