/** What a shared library asks of the system that loads it, as binutils' readelf tells. */
import { execFileSync } from "node:child_process";

export interface Demands {
  /** Sonames, sorted. */
  readonly needed: readonly string[];
  /** RPATH and RUNPATH entries. */
  readonly runPaths: readonly string[];
  /** "exp@GLIBC_2.29" of every symbol that is looked for with a version. */
  readonly versioned: readonly string[];
  /** Those that are looked for without one, because a library that was linked offers them so. */
  readonly unversioned: readonly string[];
}

export function demandsOf(file: string): Demands {
  const dynamic = readelf("--dynamic", file);
  const matches = (pattern: RegExp): string[] =>
    [...dynamic.matchAll(pattern)].map((match) => match[1] ?? "").sort();
  const undefinedOnes = readelf("--dyn-syms", file)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[6] === "UND")
    .map((words) => words[7] ?? "");
  return {
    needed: matches(/\(NEEDED\).*\[(.+)\]/g),
    runPaths: matches(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/g),
    versioned: undefinedOnes.filter((name) => name.includes("@")),
    unversioned: undefinedOnes.filter((name) => !name.includes("@")),
  };
}

/** "name@GLIBCXX_3.4.29" of every symbol that a library offers, in its default version. */
export function offeredBy(file: string): string[] {
  return [...readelf("--dyn-syms", file).matchAll(/ (\S+)@@(\S+)$/gm)].map(
    ([, name, version]) => `${name}@${version}`,
  );
}

/** Those symbols that a library of this name ("GLIBC") has only after a version ("2.28"). */
export function newerThan(library: string, version: string, symbols: readonly string[]): string[] {
  const wanted = numbers(version);
  return symbols.filter((symbol) => {
    const found = new RegExp(`@${library}_([\\d.]+)$`).exec(symbol)?.[1];
    if (found === undefined) return false;
    const parts = numbers(found);
    const differs = parts.findIndex((part, place) => part !== (wanted[place] ?? 0));
    return differs >= 0 && (parts[differs] ?? 0) > (wanted[differs] ?? 0);
  });
}

function numbers(version: string): number[] {
  return version.split(".").map(Number);
}

function readelf(what: string, file: string): string {
  return execFileSync("readelf", ["--wide", what, file], { encoding: "utf8", maxBuffer: 1 << 28 });
}
