/**
 * A machine of somebody who has never heard of us: an empty home, an empty folder, and a PATH with Node, npm, Python
 * and ffmpeg and no compiler. What runs there gets no other variable than those named here.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failed } from "./checks.js";

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Variables {
  readonly [name: string]: string;
}

export interface Stranger {
  /** Where the package is installed. */
  readonly folder: string;
  readonly env: Variables;
  /** Runs a program of PATH to its end, whatever that is. */
  run(program: string, args: readonly string[], env?: Variables): Promise<Output>;
  /** As run; any exit code but 0 fails the check. */
  must(program: string, args: readonly string[], env?: Variables): Promise<Output>;
}

/** Programs on PATH; those of a build (cc, cmake, make, nvcc) are left out on purpose. */
const PROGRAMS = ["npm", "npx", "ffmpeg", "ffprobe", "sh"];
const WHERE_PYTHON_IS = "import sys; print(sys.executable)";

/** Writes starters of the programs into a folder. Not links: a Python of a virtual environment knows itself by its path. */
export function toolFolder(folder: string, nodeProgram = process.execPath): string {
  mkdirSync(folder, { recursive: true });
  const python = said("python3", ["-c", WHERE_PYTHON_IS]);
  const found = PROGRAMS.map((name) => [name, said("sh", ["-c", `command -v ${name}`])]);
  for (const [name = "", file = ""] of [...found, ["node", nodeProgram], ["python3", python]]) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec '${file}' "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/**
 * @param folder  made if it is not there.
 * @param tools   what toolFolder made.
 * @param uid     whose processes these are; default: ours.
 */
export function stranger(
  folder: string,
  home: string,
  tools: string,
  more: Variables,
  uid?: number,
): Stranger {
  mkdirSync(folder, { recursive: true });
  mkdirSync(home, { recursive: true });
  const env: Variables = { HOME: home, PATH: tools, LANG: "C.UTF-8", CUDA_VISIBLE_DEVICES: "", ...more };
  const run = (program: string, args: readonly string[], extra: Variables = {}) =>
    ended(program, args, folder, { ...env, ...extra }, uid);
  return {
    folder,
    env,
    run,
    async must(program, args, extra) {
      const output = await run(program, args, extra);
      if (output.code !== 0) {
        const line = [program, ...args].join(" ");
        throw new Failed(`${line}: exit code ${output.code}\n${output.stdout}${output.stderr}`);
      }
      return output;
    },
  };
}

function said(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}

function ended(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Variables,
  uid?: number,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const who = uid === undefined ? {} : { uid, gid: uid };
    // It is looked for on the PATH of this env.
    const child = spawn(program, args, { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"], ...who });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? -1, stdout: `${Buffer.concat(out)}`, stderr: `${Buffer.concat(err)}` }),
    );
  });
}
