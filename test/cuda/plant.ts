/** Plants a fault in a copy of the kernels, and has the tests look for it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import type { Fault } from "./planted/fault.js";
import { type Build, builtAgain } from "./programs.js";
import { type Setting, settingName, trial } from "./trial.js";

/** Runs in which a fault is looked for, in this order. */
export interface Look {
  /** Called only where the runs before have missed the fault. */
  readonly build: () => Build | Promise<Build>;
  readonly settings: readonly Setting[];
}

export interface Finding {
  /** Who told what, and in which run; null when nobody did. */
  readonly told: string | null;
  /** Runs before that in which all tests passed. */
  readonly missed: readonly string[];
}

/** The file with the fault in it. @throws Error unless its text is there exactly once. */
export function withFault({ name, file, find, put }: Fault): string {
  const text = readFileSync(join(packageRoot(), "native", file), "utf8");
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`fault '${name}': expected its text once in ${file}, found it ${parts.length - 1} times`);
  return parts.join(put);
}

export async function lookFor(fault: Fault, looks: readonly Look[]): Promise<Finding> {
  const changed = new Map([[fault.file, withFault(fault)]]);
  const missed: string[] = [];
  for (const { build: ready, settings } of looks) {
    const build = await ready();
    const scratch = mkdtempSync(join(tmpdir(), "vqathinker-fault-"));
    try {
      const { program } = await builtAgain(build, changed, fault.users ?? [fault.file], scratch);
      for (const setting of settings) {
        const run = `${build.name}, ${settingName(setting)}`;
        const told = await trial(program, fault.tests, setting);
        if (told !== null) return { told: `${told} (${run})`, missed };
        missed.push(run);
      }
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  return { told: null, missed };
}
