/** Inputs that are folders: their files lie end to end in the bytes of one input, and on disk while a reader reads. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import { joined } from "./draw.js";
import type { FuzzWork } from "./progress.js";
import { type Refusal, takes } from "./target.js";

export function packed(files: Readonly<Record<string, Uint8Array | string>>): Uint8Array {
  const pieces = Object.entries(files).flatMap(([name, content]) => [`\0${name}\n`, content]);
  return joined(
    ...pieces.map((piece) => (typeof piece === "string" ? new TextEncoder().encode(piece) : piece)),
  );
}

/**
 * Lays the files of an input out in an empty folder and runs a reader of that folder as `takes` does.
 *
 * @param names  of files; others there are none.
 */
export async function takesFolder(
  input: Uint8Array,
  names: readonly string[],
  read: (dir: string) => Promise<void>,
  refusal: Omit<Refusal, "file"> = {},
): Promise<boolean> {
  const dir = join((workerData as FuzzWork).scratch, "fuzz-input");
  mkdirSync(dir);
  try {
    const parts = Buffer.from(input).toString("latin1");
    const heads = new RegExp(`\\0(${names.map((name) => name.replaceAll(".", "\\.")).join("|")})\\n`);
    const [, ...found] = parts.split(heads);
    for (let i = 0; i < found.length; i += 2)
      writeFileSync(join(dir, found[i] as string), Buffer.from(found[i + 1] as string, "latin1"));
    return await takes(() => read(dir), { ...refusal, file: dir });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
