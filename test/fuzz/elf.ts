/**
 * Fuzz target: headers of libraries, whole and cut. What is taken for whole has every segment and table within the file, by a
 * second reading; what CUDA code it is said to hold is of numbers that stand in it.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";
import type { Draws } from "../../lib/core/rng.js";
import { architecturesOf } from "../../lib/native/architectures.js";
import { checkWhole } from "../../lib/native/whole.js";
import { madeUpElf } from "../helpers/made-up-elf.js";
import { joined, once, oneOf, spoilt } from "./draw.js";
import type { FuzzWork } from "./progress.js";
import { takes } from "./target.js";

export const READERS = ["lib/native/elf.ts", "lib/native/architectures.ts"];

const NAME = new TextEncoder().encode(".nv_fatbin\0");
const CONTAINER = Uint8Array.of(0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0);
const WORDS = [
  NAME,
  CONTAINER,
  new Uint8Array(8),
  new Uint8Array(8).fill(0xff),
  Uint8Array.of(0x7f, 0x45, 0x4c, 0x46),
];
const SECTION_HEADER = 64;

/** A container of CUDA code with entries of some kinds, architectures and sizes. */
function container(draws: Draws): Uint8Array {
  const entries = Array.from({ length: draws.below(4) }, () => {
    const entry = Buffer.alloc(32 + draws.below(32));
    entry.writeUInt16LE(oneOf(draws, [1, 2, 2, 3]), 0);
    entry.writeUInt32LE(32, 4);
    entry.writeBigUInt64LE(BigInt(once(draws, 8) ? 2 ** 40 : entry.length - 32), 8);
    entry.writeUInt32LE(oneOf(draws, [75, 80, 90, 120]), 28);
    return entry;
  });
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(entries.reduce((sum, { length }) => sum + length, 0)));
  return joined(CONTAINER, size, ...entries);
}

export function make(draws: Draws): Uint8Array {
  const code = Array.from({ length: draws.below(3) }, () => container(draws));
  const between = joined(NAME, new Uint8Array(5), ...code);
  const segments = Array.from({ length: draws.below(4) }, (): [number | bigint, number | bigint] => [
    draws.below(300),
    once(draws, 12) ? oneOf(draws, [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) : draws.below(100),
  ]);
  const sections = draws.below(4);
  const elf = madeUpElf({ segments, sections, between });
  // The section that holds the code has the first name, and names are where the name is.
  const begin = 64 + segments.length * 56;
  for (let i = 0; i < sections; i++) {
    const row = elf.length - (sections - i) * SECTION_HEADER;
    const [at, length] = i === sections - 1 ? [begin, NAME.length] : [begin + 16, between.length - 16];
    if (i > 0) elf.writeUInt32LE(1, row);
    elf.writeBigUInt64LE(BigInt(at), row + 0x18);
    elf.writeBigUInt64LE(BigInt(once(draws, 8) ? 2 ** 60 : length), row + 0x20);
  }
  return spoilt(draws, elf, WORDS);
}

export function check(input: Uint8Array): Promise<boolean> {
  const file = join((workerData as FuzzWork).scratch, "fuzz-input.so");
  writeFileSync(file, input);
  const read = () => {
    const found = architecturesOf(file);
    for (const number of [...(found?.machine ?? []), ...(found?.portable ?? [])]) {
      const written = Buffer.alloc(4);
      written.writeUInt32LE(number);
      assert.ok(Buffer.from(input).includes(written), `${number} stands in the file`);
    }
    checkWhole([file], "put it there anew");
    holdsAll(Buffer.from(input));
  };
  return takes(read, { code: "E_UNAVAILABLE", file });
}

/** Of what the system's loader would take up: the rest it refuses before anything is mapped. */
function holdsAll(bytes: Buffer): void {
  if (bytes.length < 6 || bytes.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return;
  const size = BigInt(bytes.length);
  const programs = bytes.readBigUInt64LE(0x20);
  const [width, count] = [bytes.readUInt16LE(0x36), bytes.readUInt16LE(0x38)];
  assert.ok(programs + BigInt(width * count) <= size, "the program headers lie in the file");
  const sections = BigInt(bytes.readUInt16LE(0x3a) * bytes.readUInt16LE(0x3c));
  assert.ok(bytes.readBigUInt64LE(0x28) + sections <= size, "the section headers lie in the file");
  if (width !== 56) return;
  for (let i = 0; i < count; i++) {
    const at = Number(programs) + i * width;
    const end = bytes.readBigUInt64LE(at + 0x08) + bytes.readBigUInt64LE(at + 0x20);
    assert.ok(end <= size, `segment ${i} lies in the file`);
  }
}
