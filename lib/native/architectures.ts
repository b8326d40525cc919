/**
 * For which cards a library holds CUDA code, read from the file: its section .nv_fatbin is a row of containers, each
 * with an entry for every architecture that the compiler was asked for. Loads nothing and knows no driver.
 *
 * Source of the layout: what nvcc 13.0 writes, compared with what it was asked for.
 */
import { closeSync, openSync, readSync } from "node:fs";

/** Compute capabilities as 10 · major + minor, rising. */
export interface Architectures {
  /** Machine code: runs on cards of its major version and at least its minor one. */
  readonly machine: readonly number[];
  /** Portable code (PTX), which the driver compiles for any card of at least this capability. */
  readonly portable: readonly number[];
}

const CONTAINER_MAGIC = 0xba55ed50;
const CONTAINER_HEADER = 16;
const ENTRY_HEADER = 32;
const PORTABLE = 1;
const MACHINE = 2;
/** Containers begin at multiples of this. */
const ALIGNMENT = 8;

/** ELF of 64 bits, little-endian: where the table of sections stands in the file's header, and sizes in it. */
const ELF_MAGIC = 0x464c457f;
const ELF_HEADER = 64;
const SECTION_HEADER = 64;

type Read = (at: number, length: number) => Buffer;

/** Null for a file that is no ELF library or holds no CUDA code. @throws the file system's own error. */
export function architecturesOf(file: string): Architectures | null {
  const handle = openSync(file, "r");
  try {
    const read: Read = (at, length) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(handle, buffer, 0, length, at));
    };
    const section = sectionNamed(read, ".nv_fatbin");
    return section === null ? null : codeIn(read, section.begin, section.end);
  } finally {
    closeSync(handle);
  }
}

/** Whether code for these runs on a card of this capability (10 · major + minor). */
export function covers({ machine, portable }: Architectures, capability: number): boolean {
  const major = (one: number): number => Math.floor(one / 10);
  return (
    machine.some((one) => major(one) === major(capability) && one <= capability) ||
    portable.some((one) => one <= capability)
  );
}

function sectionNamed(read: Read, name: string): { begin: number; end: number } | null {
  const header = read(0, ELF_HEADER);
  if (header.length < ELF_HEADER || header.readUInt32LE(0) !== ELF_MAGIC) return null;
  const table = Number(header.readBigUInt64LE(0x28));
  const [count, namesAt] = [header.readUInt16LE(0x3c), header.readUInt16LE(0x3e)];
  const sections = Array.from({ length: count }, (_, i) => read(table + i * SECTION_HEADER, SECTION_HEADER));
  if (sections.some(({ length }) => length < SECTION_HEADER)) return null;
  const place = (section: Buffer) => {
    const begin = Number(section.readBigUInt64LE(0x18));
    return { begin, end: begin + Number(section.readBigUInt64LE(0x20)) };
  };
  const names = sections[namesAt];
  if (names === undefined) return null;
  const { begin } = place(names);
  const wanted = Buffer.from(`${name}\0`);
  const found = sections.find((section) =>
    read(begin + section.readUInt32LE(0), wanted.length).equals(wanted),
  );
  return found === undefined ? null : place(found);
}

function codeIn(read: Read, begin: number, end: number): Architectures {
  const found = { machine: new Set<number>(), portable: new Set<number>() };
  for (let at = begin; at + CONTAINER_HEADER <= end; ) {
    const container = read(at, CONTAINER_HEADER);
    if (container.length < CONTAINER_HEADER) break;
    if (container.readUInt32LE(0) !== CONTAINER_MAGIC) {
      at += ALIGNMENT;
      continue;
    }
    const first = at + container.readUInt16LE(6);
    const next = first + Number(container.readBigUInt64LE(8));
    for (let place = first; place + ENTRY_HEADER <= next; ) {
      const entry = read(place, ENTRY_HEADER);
      if (entry.length < ENTRY_HEADER) break;
      const [kind, header, size] = [
        entry.readUInt16LE(0),
        entry.readUInt32LE(4),
        Number(entry.readBigUInt64LE(8)),
      ];
      if (kind === PORTABLE) found.portable.add(entry.readUInt32LE(28));
      if (kind === MACHINE) found.machine.add(entry.readUInt32LE(28));
      place += Math.max(ENTRY_HEADER, header + size);
    }
    at = Math.max(next, at + ALIGNMENT);
  }
  const rising = (numbers: Set<number>): number[] => [...numbers].sort((a, b) => a - b);
  return { machine: rising(found.machine), portable: rising(found.portable) };
}
