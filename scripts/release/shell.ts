/** What the steps of a release share: an error that is told without a stack, and running a program in a repository. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What stands in the way of a release, with what to do. */
export class ReleaseError extends Error {}

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function said(root: string, program: string, ...args: string[]): Said {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw new ReleaseError(`${program} cannot be started: ${error.message}`);
  return { code: status ?? 1, stdout, stderr };
}

/** What it printed. @throws {ReleaseError} when it failed. */
export function output(root: string, program: string, ...args: string[]): string {
  const { code, stdout, stderr } = said(root, program, ...args);
  if (code !== 0) throw new ReleaseError(`${[program, ...args].join(" ")}: exit code ${code}\n${stderr}`);
  return stdout;
}

export function readJson<T>(root: string, ...path: string[]): T {
  return JSON.parse(readFileSync(join(root, ...path), "utf8")) as T;
}
