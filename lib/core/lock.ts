/**
 * A file that says which process holds a folder. It is linked whole into its place, which one process alone can do; that
 * of a process which has ended is replaced, by one process alone: the one that holds the same kind of lock beside it.
 */
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { neighbour } from "./atomic-file.js";
import { cannotBeWritten } from "./durable.js";
import { EngineError } from "./errors.js";
import { sweepHalves } from "./halves.js";
import { type Holder, holderSchema, stateOf, thisProcess } from "./holder.js";
import { isJsonObject } from "./json.js";

export interface Lock {
  /** Safe to call twice. */
  release(): Promise<void>;
}

/** Takers that ended while they took, one after the other. */
const DEEPEST = 8;
/** What the lock that decides on a dead one has more in its name. */
const NEXT = ".next";
/** A lock may come and go while it is looked at. */
const TRIES = 100;
/** How often who waits for a lock looks whether it is free. */
const LOOK_AGAIN_MS = 200;
/** File systems without links say one of these. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Every name that taking this lock may write to, but for a neighbour of each. */
export function lockNames(file: string): string[] {
  return Array.from({ length: DEEPEST + 1 }, (_, depth) => file + NEXT.repeat(depth));
}

/**
 * @param file  the lock's; the folder is there.
 * @param held  what it stands for, for messages.
 * @throws {EngineError} E_BUSY naming process and machine that hold it; E_FORMAT when it cannot be written.
 */
export async function takeLock(file: string, held: string): Promise<Lock> {
  const { own, holder } = await acquire(file, 0).catch((error: unknown) => cannotBeWritten(file, error));
  if (own === null) throw busy(file, held, holder);
  return lockOf(file, own);
}

/**
 * As takeLock, but waits for a process that lives. One that cannot be seen from here may have ended: nobody waits for it.
 *
 * @param onWait  is told once which process is waited for.
 */
export async function waitForLock(file: string, held: string, onWait: (pid: number) => void): Promise<Lock> {
  for (let told = false; ; told = true) {
    const { own, holder } = await acquire(file, 0).catch((error: unknown) => cannotBeWritten(file, error));
    if (own !== null) return lockOf(file, own);
    if (holder === null || stateOf(holder, thisProcess()) === "unseen") throw busy(file, held, holder);
    if (!told) onWait(holder.pid);
    await setTimeout(LOOK_AGAIN_MS);
  }
}

async function lockOf(file: string, own: string): Promise<Lock> {
  // Another taker that loses its neighbour to this has lost already.
  const names = lockNames(basename(file));
  await sweepHalves(dirname(file), (name) => names.includes(name));
  return { release: () => releaseLock(file, own) };
}

/** A holder's mark, apart from any other of the same process; else who holds it already, null when it does not say. */
type Taken =
  | { readonly own: string; readonly holder: null }
  | { readonly own: null; readonly holder: Holder | null };

async function acquire(file: string, depth: number): Promise<Taken> {
  const own = JSON.stringify({ ...thisProcess(), mark: randomUUID() });
  for (let i = 0; i < TRIES; i++) {
    if (await placed(file, own, link)) return { own, holder: null };
    const there = await textOf(file);
    if (there === null) continue;
    const holder = holderIn(there);
    if (holder === null || stateOf(holder, thisProcess()) !== "ended") return { own: null, holder };
    if (depth === DEEPEST) break;
    // Who holds this may replace a dead lock, nobody else: that nothing has come between is seen once it is held.
    const right = await acquire(file + NEXT, depth + 1);
    if (right.own === null) return right;
    try {
      if ((await textOf(file)) === there && (await placed(file, own, rename))) return { own, holder: null };
    } finally {
      await releaseLock(file + NEXT, right.own);
    }
  }
  return { own: null, holder: null };
}

/** Writes `text` beside `file` and puts it in place; false when something is there already. */
async function placed(
  file: string,
  text: string,
  put: (from: string, to: string) => Promise<void>,
): Promise<boolean> {
  const part = neighbour(file, "part");
  try {
    await writeNew(part, text);
    await put(part, file);
    return true;
  } catch (error) {
    const { code = "", syscall } = error as NodeJS.ErrnoException;
    // Whoever holds the folder may have swept the neighbour away.
    if (syscall === "link" && (code === "EEXIST" || code === "ENOENT")) return false;
    if (syscall === "link" && NO_LINKS.includes(code)) return writtenNew(file, text);
    throw error;
  } finally {
    await rm(part, { force: true }).catch(() => {});
  }
}

async function writtenNew(file: string, text: string): Promise<boolean> {
  try {
    await writeNew(file, text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function holderIn(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return null;
    const { mark: _mark, ...holder } = value;
    return holderSchema.safeParse(holder).data ?? null;
  } catch {
    return null;
  }
}

async function releaseLock(file: string, own: string): Promise<void> {
  if ((await textOf(file).catch(() => null)) === own) await rm(file, { force: true });
}

function busy(file: string, held: string, holder: Holder | null): EngineError {
  const remedy = `if it has ended, remove ${file}`;
  if (holder === null) {
    const message = `${held}: expected to use it alone, but its lock does not say whose it is; if no process uses it, remove ${file}`;
    return new EngineError("E_BUSY", message, { details: { file } });
  }
  const { pid, host } = holder;
  const seen = stateOf(holder, thisProcess()) === "unseen";
  const who = pid === process.pid && !seen ? "this process" : `process ${pid} on ${host}`;
  const hint = seen ? `; it cannot be seen from here: ${remedy}` : "";
  return new EngineError("E_BUSY", `${held}: ${who} uses it${hint}`, { details: { file, pid, host } });
}
