/**
 * Downloads one file whose SHA-256 is known beforehand. What came before a cut stays beside it as FILE.part and is gone
 * on with, by this process or a later one; the sum decides whether what was put together is the file.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeAt } from "../core/atomic-file.js";
import { disguise } from "../core/disguise.js";
import { EngineError } from "../core/errors.js";
import { shownAddress } from "./address.js";
import { checkRoom, type FreeBytes, megabytes, toldFullDisk } from "./room.js";
import { type Answer, getUrl, reasonOf } from "./web.js";

export interface Wanted {
  readonly url: string;
  /** What it is kept as. */
  readonly name: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly log: (line: string) => void;
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
  readonly free?: FreeBytes | undefined;
  /** Before it is tried again after a cut, milliseconds; default 1000, and more each time. */
  readonly retryMs?: number | undefined;
}

/** So often in a row nothing at all came. */
const VAIN_TRIES = 4;
/** How a zip archive, and so a wheel, begins. */
const ZIP_START = "PK\u0003\u0004";

/**
 * @returns its path in `folder`.
 * @throws {EngineError} E_NO_LIBTORCH when it cannot be had, is another file, or finds no room.
 */
export async function download(wanted: Wanted, folder: string, options: DownloadOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, wanted.name);
  if ((await sumOf(file)) === wanted.sha256) return file;
  const part = `${file}.part`;
  const kept = await sizeOf(part);
  if (kept > 0) options.log(`going on with ${wanted.name} after ${megabytes(kept)}`);
  await fetchAll(wanted, part, options);
  let found = await sumOf(part);
  if (found !== wanted.sha256 && kept > 0) {
    options.log(`${wanted.name} was put together from different files; fetching it anew`);
    await rm(part, { force: true });
    await fetchAll(wanted, part, options);
    found = await sumOf(part);
  }
  if (found !== wanted.sha256) {
    await rm(part, { force: true });
    const url = shownAddress(wanted.url);
    const message = `${url}: its SHA-256 is ${found}, expected ${wanted.sha256}; it was thrown away. Another server or a proxy answers there: give a wheel by --wheel FILE`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { url, found } });
  }
  await rename(part, file);
  return file;
}

/** Until the server says that it is all there. */
async function fetchAll(wanted: Wanted, part: string, options: DownloadOptions): Promise<void> {
  const { log, retryMs = 1000 } = options;
  for (let vain = 0; ; ) {
    const before = await sizeOf(part);
    try {
      const range: Record<string, string> = before > 0 ? { range: `bytes=${before}-` } : {};
      if (await append(await getUrl(wanted.url, range), part, before, wanted, options)) return;
    } catch (error) {
      if (error instanceof Refused) throw error.told;
      const now = await sizeOf(part);
      vain = now > before ? 0 : vain + 1;
      if (vain === VAIN_TRIES) throw cutShort(wanted, now, error);
      log(`${wanted.name} was cut after ${megabytes(now)} (${reasonOf(error)}); going on`);
      await setTimeout(retryMs * (vain + 1));
    }
  }
}

/** What another try would not change. */
class Refused extends Error {
  readonly told: unknown;

  constructor(told: unknown) {
    super("refused");
    this.told = told;
  }
}

/** Writes what comes behind the `before` bytes that are there; true when the file is whole. */
async function append(
  answer: Answer,
  part: string,
  before: number,
  wanted: Wanted,
  { onBytes, free }: DownloadOptions,
): Promise<boolean> {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(answer.header("content-range") ?? "");
  if (answer.status === 416 || (answer.status === 206 && range?.[1] !== String(before))) {
    // Nothing is left to send, or it was no answer to what was asked.
    answer.body.destroy();
    if (answer.status === 416 && range?.[2] === String(before)) return true;
    await rm(part, { force: true });
    return false;
  }
  const begin = answer.status === 206 ? before : 0;
  const length = Number(answer.header("content-length") ?? Number.NaN);
  const total = range?.[2] === undefined ? begin + length : Number(range[2]);
  const folder = join(part, "..");
  const refuse = (error: unknown): never => {
    answer.body.destroy();
    throw new Refused(error);
  };
  if (total > begin) await checkRoom(folder, total - begin, wanted.name, free).catch(refuse);
  const handle = await open(part, begin === 0 ? "w" : "r+").catch(refuse);
  let done = begin;
  try {
    for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
      if (done === 0 && !startsAsZip(piece)) refuse(noWheelCame(wanted, piece));
      await writeAt(handle, piece, done).catch((error: unknown) => {
        try {
          toldFullDisk(folder, error);
        } catch (told) {
          refuse(told);
        }
      });
      done += piece.length;
      if (total > 0) onBytes?.(done, total);
    }
  } finally {
    await handle.close();
  }
  if (Number.isNaN(total) || done === total) return true;
  throw new Error(`${done} of ${total} bytes came`);
}

function startsAsZip(piece: Uint8Array): boolean {
  const start = Buffer.from(piece).toString("latin1", 0, ZIP_START.length);
  return start === ZIP_START.slice(0, start.length);
}

function noWheelCame({ url, name }: Wanted, piece: Uint8Array): EngineError {
  const what = disguise(piece) ?? "something else";
  const shown = shownAddress(url);
  const message = `${shown}: expected the wheel ${name}, what came is ${what}; does a proxy answer in its place? Set HTTPS_PROXY, or give a wheel by --wheel FILE`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { url: shown } });
}

function cutShort({ url, name }: Wanted, bytes: number, cause: unknown): EngineError {
  const shown = shownAddress(url);
  const why = cause instanceof EngineError ? cause.message : `${shown}: ${reasonOf(cause)}`;
  const message = `${name} did not come: ${why}; ${megabytes(bytes)} are kept, the same command goes on from there`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { url: shown, bytes }, cause });
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** null when it is not there. */
async function sumOf(file: string): Promise<string | null> {
  if ((await stat(file).catch(() => null)) === null) return null;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}
