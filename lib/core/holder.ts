/**
 * Which process holds a folder, and whether it still lives. A process id alone does not say so: ids are used again,
 * and two containers count them apart.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { isRunning } from "./halves.js";

export const holderSchema = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** Ticks from the machine's start to the process's; null where there is no /proc. */
  started: z.string().nullable(),
  /** This start of the machine, the machine, and the numbering of processes that the id belongs to. */
  boot: z.string().nullable(),
  machine: z.string().nullable(),
  pidNamespace: z.string().nullable(),
});

export type Holder = z.output<typeof holderSchema>;

/** alive, ended, or of a machine or container whose processes cannot be seen from here. */
export type HolderState = "alive" | "ended" | "unseen";

export function thisProcess(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    started: lifeOf(process.pid)?.started ?? null,
    boot: firstLine("/proc/sys/kernel/random/boot_id"),
    machine: firstLine("/etc/machine-id"),
    pidNamespace: orNull(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** @param here  the process that asks. */
export function stateOf(holder: Holder, here: Holder): HolderState {
  if (holder.boot !== here.boot) {
    const restarted = holder.machine !== null && holder.machine === here.machine && holder.host === here.host;
    return restarted ? "ended" : "unseen";
  }
  // The name alone tells machines apart where the start has none. Two numberings that live have two names.
  if (here.boot === null && holder.host !== here.host) return "unseen";
  if (holder.pidNamespace !== here.pidNamespace) return "unseen";
  // Without /proc an id is all there is; with one, a process of somebody else may be hidden in it.
  const there = here.started === null ? null : lifeOf(holder.pid);
  if (there === null) return isRunning(holder.pid) ? "alive" : "ended";
  return there.started === holder.started && !there.dead ? "alive" : "ended";
}

/** null when no such process is seen. A dead one stays until its parent has asked how it ended. */
function lifeOf(pid: number): { readonly started: string | null; readonly dead: boolean } | null {
  const line = firstLine(`/proc/${pid}/stat`);
  if (line === null) return null;
  // The name before it may hold anything, brackets and blanks too.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return { started: fields[19] ?? null, dead: /^[ZXx]$/.test(fields[0] ?? "") };
}

function firstLine(file: string): string | null {
  return orNull(() => readFileSync(file, "utf8").split("\n")[0]?.trim() || null);
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
