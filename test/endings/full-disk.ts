/**
 * Preloaded into a process (node --import), lets it write VQAT_TEST_ROOM_BYTES to files; then every write takes what
 * still fits and fails as on a full disk. Standard output and error are no files.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

let room = Number(process.env["VQAT_TEST_ROOM_BYTES"]);

function full(): NodeJS.ErrnoException {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    errno: -28,
    syscall: "write",
  });
}

/** How many of these bytes may be written; the first call that may write none fails. */
function take(bytes: number): number {
  const taken = Math.min(room, bytes);
  room -= taken;
  if (bytes > 0 && taken === 0) throw full();
  return taken;
}

function bytesOf(data: unknown): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const { appendFileSync } = fs;
const writeSync = fs.writeSync as (...all: unknown[]) => number;
fs.writeSync = (fd: number, data: unknown, ...rest: unknown[]) => {
  if (fd <= 2) return writeSync(fd, data, ...rest);
  const whole = bytesOf(data);
  const [from = 0, most = whole.length - from, position = null] =
    typeof data === "string" ? [] : (rest as [number?, number?, (number | null)?]);
  return writeSync(fd, whole, from, take(most), position);
};
fs.appendFileSync = (file, data, options) => {
  const bytes = bytesOf(data);
  const taken = take(bytes.length);
  appendFileSync(file, bytes.subarray(0, taken), options);
  if (taken < bytes.length) throw full();
};

const probe = await fs.promises.open(process.execPath);
const handle = Object.getPrototypeOf(probe) as fs.promises.FileHandle;
await probe.close();
const { writeFile } = handle;
const write = handle.write as (...all: unknown[]) => ReturnType<typeof handle.write>;
handle.write = async function (this: fs.promises.FileHandle, data: unknown, ...rest: unknown[]) {
  const whole = bytesOf(data);
  const [from = 0, most = whole.length - from, position = null] = rest as [
    number?,
    number?,
    (number | null)?,
  ];
  return write.call(this, whole, from, take(most), position);
} as typeof handle.write;
handle.writeFile = async function (this: fs.promises.FileHandle, data: unknown, options?: unknown) {
  const bytes = bytesOf(data);
  const taken = take(bytes.length);
  await writeFile.call(this, bytes.subarray(0, taken), options as never);
  if (taken < bytes.length) throw full();
} as typeof writeFile;
const wholeFile = fs.promises.writeFile;
fs.promises.writeFile = (async (file: never, data: unknown, options: never) => {
  const bytes = bytesOf(data);
  const taken = take(bytes.length);
  await wholeFile(file, bytes.subarray(0, taken), options);
  if (taken < bytes.length) throw full();
}) as typeof wholeFile;
syncBuiltinESMExports();
