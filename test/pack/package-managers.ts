/** Package managers that the package is installed with, at pinned versions, and how each is asked to. */
import { type Pinned, pinnedProgram, runtime } from "../endings/runtimes.js";

interface Known extends Pinned {
  /** Of endings/runtimes.ts, where it needs a newer one than the package does. */
  readonly node?: string;
  readonly install: readonly string[];
  /** How it starts Node, where nothing else finds what it installed. */
  readonly start?: readonly string[];
}

export interface PackageManager {
  readonly title: string;
  /** Node to run it with; default: the one at hand. */
  readonly node?: string;
  /** Arguments of node that install something, and that run a file. */
  install(what: string): string[];
  run(file: string): string[];
}

/** What it asks, written as in their own documentation; yarn 1 runs scripts, if there were any. */
export const PACKAGE_MANAGERS: Readonly<Record<string, Known>> = {
  npm12: {
    package: "npm",
    version: "12.2.2",
    program: "bin/npm-cli.js",
    node: "node26",
    install: ["install", "--ignore-scripts", "--no-audit"],
  },
  pnpm: {
    package: "pnpm",
    version: "12.21.0",
    program: "bin/pnpm.mjs",
    node: "node26",
    install: ["add", "--ignore-scripts"],
  },
  yarn1: {
    package: "yarn",
    version: "1.22.22",
    program: "bin/yarn.js",
    install: ["add"],
  },
  yarn4: {
    package: "@yarnpkg/cli-dist",
    version: "4.18.1",
    program: "bin/yarn.js",
    install: ["add", "--mode=skip-build"],
    start: ["node"],
  },
};

/** Fetches it where it is not there yet. */
export function packageManager(name: string): PackageManager {
  const known = PACKAGE_MANAGERS[name];
  if (known === undefined)
    throw new Error(`${name}: expected one of ${Object.keys(PACKAGE_MANAGERS).join(", ")}`);
  const program = pinnedProgram(name, known);
  const node = known.node === undefined ? {} : { node: runtime(known.node).program };
  return {
    title: `${known.package} ${known.version}`,
    ...node,
    install: (what) => [program, ...known.install, what],
    run: (file) => (known.start === undefined ? [file] : [program, ...known.start, file]),
  };
}
