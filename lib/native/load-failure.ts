/**
 * What to say when a library cannot be opened: for which machine, what was found, what to do. The dynamic linker's own
 * words are read, because it tells causes apart in no other way. Pure.
 */

import { EngineError } from "../core/errors.js";
import type { LibtorchSource } from "../libtorch/libtorch.js";
import { describePlatform, type Platform, thisPlatform } from "./platform.js";

export const REINSTALL = "install vqathinker anew, or build from source: npx vqathinker setup --build";
/** Setup alone would find the broken one again. */
const REFETCH = "put another libtorch in its place: npx vqathinker setup --remove, then npx vqathinker setup";
/** What to do where a libtorch does not open: who put it there decides. */
export const ANOTHER_LIBTORCH: Readonly<Record<LibtorchSource, string>> = {
  VQAT_LIBTORCH: "let VQAT_LIBTORCH name another libtorch, or unset it and run: npx vqathinker setup",
  setup: `name another libtorch (npx vqathinker setup --libtorch DIR), or ${REFETCH}`,
  cache: REFETCH,
  python:
    "install torch anew in that Python environment, or set up another libtorch: npx vqathinker setup --wheel FILE or --libtorch DIR",
};
/** What comes with libtorch and not with a system. */
const OF_LIBTORCH = /^lib(torch|c10)/;

export interface Failed {
  /** What to do where a file is not as it should be; default: what helps where it is ours. */
  readonly anew?: string;
  /** The machine that tried. */
  readonly platform?: Platform;
}

interface Context {
  readonly file: string;
  readonly platform: Platform;
  /** What to do where a file is not as it should be. */
  readonly anew: string;
}

interface Cause {
  readonly pattern: RegExp;
  /** @param found  what the pattern's parentheses hold. @returns what was found and what to do. */
  readonly told: (found: readonly string[], context: Context) => string;
}

const CAUSES: readonly Cause[] = [
  {
    pattern: /version [`'"]GLIBC_([\d.]+)'? not found(?: \(required by (.+?)\))?/,
    told: ([version = "", by], { file, platform }) =>
      `${by ?? file} needs glibc ${version}, this system has ${platform.libcVersion ?? "an older one"}; ` +
      "use a newer system or a container of one, or build from source here: npx vqathinker setup --build",
  },
  {
    pattern: /version [`'"](GLIBCXX|CXXABI)_([\d.]+)'? not found(?: \(required by (.+?)\))?/,
    told: ([name = "", version = "", by], { file }) =>
      `${by ?? file} needs a libstdc++ with ${name}_${version}, an older one was found, perhaps in LD_LIBRARY_PATH; ` +
      "take that off, update libstdc++6, or build from source here: npx vqathinker setup --build",
  },
  {
    pattern: /(.+): cannot open shared object file: No such file/,
    told: ([library = ""], { file, anew }) =>
      library.includes("/")
        ? `${library} is not there; ${anew}`
        : OF_LIBTORCH.test(library)
          ? `${file} needs ${library}, which is not beside it; ${REFETCH}`
          : `${file} needs ${library}, which was not found; install the system's package that has it`,
  },
  {
    pattern:
      /(.+): (?:invalid ELF header|wrong ELF class|file too short|cannot open shared object file: Exec format)/,
    told: ([damaged = ""], { anew }) => `${damaged} is damaged or no library for this processor; ${anew}`,
  },
  {
    pattern: /undefined symbol: (\S+)/,
    told: ([symbol = ""]) =>
      `what it stands on is of another build: ${symbol} is missing; ${REINSTALL}; and ${REFETCH}`,
  },
];

/** A library that this machine cannot load. */
export function loadFailure(
  file: string,
  cause: unknown,
  { anew = REINSTALL, platform = thisPlatform() }: Failed = {},
): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const { code } = (cause ?? {}) as { code?: unknown };
  const told =
    code === "ERR_DLOPEN_DISABLED"
      ? "Node was started so that it opens no addons; start it without --no-addons, or with --allow-addons"
      : (explained(why, { file, platform, anew }) ?? `the system says: ${why}; ${anew}`);
  const message = `${file} cannot be loaded on ${describePlatform(platform)}: ${told}`;
  return new EngineError("E_UNAVAILABLE", message, {
    details: { file, platform: describePlatform(platform), reason: why },
    cause,
  });
}

function explained(why: string, context: Context): string | null {
  for (const { pattern, told } of CAUSES) {
    const found = pattern.exec(why);
    if (found !== null) return told(found.slice(1), context);
  }
  return null;
}
