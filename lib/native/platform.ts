/**
 * For which machines there are binaries: one npm package each, `@vqathinker/<platform>-<cpu>`. What this machine is, and
 * what to say where none fits. Opens nothing.
 */

import libc from "detect-libc";

export interface Platform {
  /** As process.platform. */
  readonly system: string;
  /** As process.arch. */
  readonly cpu: string;
  /** "glibc", "musl", or null where a system has neither. */
  readonly libc: string | null;
  /** "2.36"; null when not known. */
  readonly libcVersion: string | null;
}

/** Those that `packages/` holds. */
const SERVED = [{ system: "linux", cpu: "x64", libc: "glibc" }] as const;

/** The C library is read from the running program's own file, where that says it. */
export function thisPlatform(): Platform {
  return {
    system: process.platform,
    cpu: process.arch,
    libc: libc.familySync(),
    libcVersion: libc.versionSync(),
  };
}

/** "linux-x64 (glibc 2.36)". */
export function describePlatform({ system, cpu, libc, libcVersion }: Platform): string {
  const library = [libc, libcVersion].filter((part) => part !== null).join(" ");
  return library === "" ? `${system}-${cpu}` : `${system}-${cpu} (${library})`;
}

/** Name of the package that holds the binaries, null where there is none. */
export function platformPackage({ system, cpu, libc }: Platform): string | null {
  const served = SERVED.some((one) => one.system === system && one.cpu === cpu && one.libc === libc);
  return served ? `@vqathinker/${system}-${cpu}` : null;
}

/** What a user can do where no package fits: only Linux is what the native sources are written for. */
export function withoutPackage({ system, libc }: Platform): string {
  if (libc === "musl")
    return "libtorch has no builds for musl; use a system or container with glibc, as Debian's";
  const others: Readonly<Record<string, string>> = {
    darwin: "run it in a Linux container or on a Linux machine",
    win32: "run it in WSL 2 or in a Linux container",
    linux: "build from source: npx vqathinker setup --build (needs a libtorch for this machine)",
  };
  return others[system] ?? "run it on Linux";
}
