/**
 * Puts libtorch into the cache: from a wheel or an archive that is here, else from the user's own pip, else from
 * PyTorch's index of CPU wheels. One set-up at a time; what is in the cache under its name is whole.
 */
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { discard } from "../core/atomic-file.js";
import { cannotBeWritten, makeFolder } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { waitForLock } from "../core/lock.js";
import { shownAddress } from "./address.js";
import { cachedRoot, cacheFolder, downloadFolder, type Environment, STAGING, setupLock } from "./cache.js";
import { download } from "./download.js";
import { inspectLibtorch, LIBTORCH_VERSION, type Libtorch, type TryOut } from "./libtorch.js";
import { pipDownload } from "./pip.js";
import { checkRoom, type FreeBytes, megabytes, toldFullDisk } from "./room.js";
import { unpackWheel } from "./unpack.js";
import { withWheel } from "./wheel.js";
import { CPU_WHEEL_INDEX, findWheel } from "./wheel-index.js";
import { checkArchive, checkWheel, howToPoint } from "./wheel-kind.js";

export interface FetchOptions {
  readonly version?: string | undefined;
  /** The CUDA build with its NVIDIA libraries, several GB, instead of the CPU build. */
  readonly cuda?: boolean | undefined;
  /** A torch wheel that is already here; nobody is asked for one. */
  readonly wheel?: string | undefined;
  /** An archive that `setup --archive` wrote, in its place. */
  readonly archive?: string | undefined;
  /** The index that is asked instead of pip. */
  readonly index?: string | undefined;
  readonly env?: Environment | undefined;
  /** Gets one line for each thing that is done. */
  readonly log?: ((line: string) => void) | undefined;
  /** How far what takes long is. */
  readonly onBytes?: ((what: string, done: number, total: number) => void) | undefined;
  /** Tries what was unpacked, before it stands in the cache. */
  readonly tryOut?: TryOut | undefined;
  readonly free?: FreeBytes | undefined;
  readonly retryMs?: number | undefined;
}

/** What is fetched, and what it takes on the disk, bytes; measured with 2.13.0 and, for CUDA, 2.14.1. */
export const SIZES = {
  cpu: { fetched: 192e6, unpacked: 510e6 },
  cuda: { fetched: 2.74e9, unpacked: 4.3e9 },
} as const;

/** Names another index than PyTorch's to whom pip has no CPU wheel. */
const INDEX_VARIABLE = "VQAT_WHEEL_INDEX";

/** Options with their defaults in place. */
interface Task extends FetchOptions {
  readonly version: string;
  readonly cuda: boolean;
  readonly env: Environment;
  readonly log: (line: string) => void;
}

/**
 * Fetches libtorch unless it is already in the cache.
 *
 * @returns its folder.
 * @throws {EngineError} E_NO_LIBTORCH if nobody can provide it or it has no room; E_TORCH_VERSION if what was given is of
 *   another minor version; E_FORMAT if the cache cannot be written to; what `tryOut` throws, with the wheel named.
 */
export async function fetchLibtorch(options: FetchOptions = {}): Promise<string> {
  const { version = LIBTORCH_VERSION, cuda = false, env = process.env, log = () => {} } = options;
  const task: Task = { ...options, version, cuda, env, log };
  const cache = cacheFolder(env);
  const waiting = (pid: number) => log(`waiting for process ${pid}, which sets up too`);
  try {
    await makeFolder(cache);
    const lock = await waitForLock(setupLock(env), `the cache ${cache}`, waiting);
    return await fetchAlone(task)
      .catch((error: unknown) => cannotBeWritten(cache, error))
      .finally(() => lock.release());
  } catch (error) {
    return toldWhereElse(error);
  }
}

/** Adds to an E_FORMAT, the cache's, what helps where another folder can be written to. */
function toldWhereElse(error: unknown): never {
  if (!(error instanceof EngineError) || error.code !== "E_FORMAT") throw error;
  const { code, message, details, cause } = error;
  throw new EngineError(code, `${message}; name another folder by XDG_CACHE_HOME`, { details, cause });
}

async function fetchAlone(task: Task): Promise<string> {
  const { version, cuda, env, log } = task;
  const root = cachedRoot(version, cuda, env);
  const present = inspectLibtorch("cache", root);
  const given = task.wheel ?? task.archive;
  if (present && given === undefined) {
    log(`libtorch ${present.version} is already in ${root}`);
    return root;
  }
  const cache = cacheFolder(env);
  await sweepStaging(cache);
  const staging = await mkdtemp(join(cache, STAGING));
  try {
    const wheels = given === undefined ? await obtain(task, staging) : [resolve(given)];
    const unpacked = join(staging, "unpacked");
    for (const [place, wheel] of wheels.entries()) await unpack(task, wheel, unpacked, place === 0);
    const [wheel = ""] = wheels;
    const fresh = inspectLibtorch("cache", join(unpacked, "torch"));
    if (fresh === null) {
      const message = `${wheel}: holds no torch/lib/libtorch_cpu.so; ${howToPoint(cuda)}`;
      throw new EngineError("E_NO_LIBTORCH", message, { details: { file: wheel } });
    }
    tryFresh(task, fresh, wheel);
    const whole = cuda ? dirname(root) : root;
    await rm(whole, { recursive: true, force: true });
    await rename(cuda ? unpacked : join(unpacked, "torch"), whole);
    await discard(downloadFolder(env));
  } catch (error) {
    toldFullDisk(cache, error);
  } finally {
    await discard(staging);
  }
  log(`libtorch ${inspectLibtorch("cache", root)?.version ?? version} is in ${root}`);
  return root;
}

/** What is wrong with what a wheel holds is said of the wheel: where it was unpacked is gone when the message is read. */
function tryFresh(task: Task, fresh: Libtorch, wheel: string): void {
  const anew =
    task.wheel !== undefined
      ? "give another wheel"
      : task.archive !== undefined
        ? "give another archive"
        : "fetch it anew, or give a wheel by --wheel FILE";
  try {
    task.tryOut?.(fresh, anew);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, details, cause } = error;
    const said = error.message.replaceAll(`${dirname(fresh.root)}/`, "");
    const message = `${shownWheel(task, wheel)}: ${said}`;
    throw new EngineError(code, message, { details: { ...details, file: wheel }, cause });
  }
}

/** What was brought is gone when the message is read: its name must do. */
function shownWheel({ env }: Task, file: string): string {
  return file.startsWith(cacheFolder(env)) ? `the wheel that was brought, ${basename(file)}` : file;
}

/** What killed set-ups left half unpacked: the lock is ours, so nobody works there. */
async function sweepStaging(cache: string): Promise<void> {
  for (const name of await readdir(cache)) if (name.startsWith(STAGING)) await discard(join(cache, name));
}

/** pip first, because its user has said where wheels come from; then the index, which has the CPU build alone. */
async function obtain(task: Task, staging: string): Promise<readonly string[]> {
  const { version, cuda, env, log, free } = task;
  const { fetched, unpacked } = SIZES[cuda ? "cuda" : "cpu"];
  await checkRoom(staging, fetched + unpacked, `torch ${version}`, free);
  if (task.index !== undefined) return [await fromIndex(task, task.index)];
  // The plain version is the CUDA build on the default index, and pip would only tell so after the download.
  const requirement = cuda ? `torch==${version}` : `torch==${version}+cpu`;
  log(`asking pip for ${requirement} (about ${megabytes(fetched)})`);
  const answer = await pipDownload(requirement, join(staging, "wheels"), cuda, env);
  if (answer.wheels !== null) return answer.wheels;
  if (cuda) {
    const message = `pip brought no ${requirement}, which the CUDA build needs: ${answer.why}\n${howToPoint(cuda)}`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { requirement } });
  }
  log(`pip brought no ${requirement}: ${answer.why.split("\n").at(-1)}`);
  return [await fromIndex(task, env[INDEX_VARIABLE] || CPU_WHEEL_INDEX)];
}

async function fromIndex(task: Task, index: string): Promise<string> {
  const { version, cuda, env, log, onBytes } = task;
  if (cuda) {
    const message = `option index: an index is asked for CPU wheels only; for the CUDA build let pip have it (PIP_INDEX_URL=…)`;
    throw new EngineError("E_OPTION", message, { details: { option: "index" } });
  }
  const shown = shownAddress(index);
  if (!/^https?:\/\//i.test(index) || !URL.canParse(index)) {
    const message = `option index: expected an address that begins with https:// or http://, found "${shown}"`;
    throw new EngineError("E_OPTION", message, { details: { option: "index", found: shown } });
  }
  log(`looking for torch ${version}+cpu in ${shown}`);
  const found = await findWheel(index, version);
  const by = found.vouched === "pinned" ? "the one that this package knows" : "the index's own, no known one";
  log(`fetching ${shownAddress(found.url)} (about ${megabytes(SIZES.cpu.fetched)}, SHA-256: ${by})`);
  const told = onBytes && ((done: number, total: number) => onBytes("fetching", done, total));
  return await download(found, downloadFolder(env), { ...task, onBytes: told });
}

/** @param first  torch's own wheel, which says what it is; the others are NVIDIA's. */
async function unpack(task: Task, file: string, target: string, first: boolean): Promise<void> {
  const { version, cuda, log, onBytes, free } = task;
  await withWheel(file, async (wheel) => {
    const check = task.archive === undefined ? checkWheel : checkArchive;
    if (first) check(wheel, shownWheel(task, file), version, cuda);
    log(`unpacking ${basename(file)} (${megabytes(wheel.source.size)})`);
    const told = onBytes && ((done: number, total: number) => onBytes("unpacking", done, total));
    await unpackWheel(wheel, target, { free, onBytes: told });
  });
}
