/**
 * For which cards a library holds CUDA code, read from the file: its section .nv_fatbin is a row of containers, each
 * with an entry for every architecture that the compiler was asked for. Loads nothing and knows no driver.
 *
 * Source of the layout: what nvcc 13.0 writes, compared with what it was asked for.
 */
import { type Elf, SECTION_HEADER, withElf } from "./elf.js";

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

/** Null for a file that is no ELF library or holds no CUDA code. @throws the file system's own error. */
export function architecturesOf(file: string): Architectures | null {
  return withElf(file, (elf) => {
    const section = sectionNamed(elf, ".nv_fatbin");
    return section === null ? null : codeIn(elf, section.begin, section.end);
  });
}

/** Whether code for these runs on a card of this capability (10 · major + minor). */
export function covers({ machine, portable }: Architectures, capability: number): boolean {
  const major = (one: number): number => Math.floor(one / 10);
  return (
    machine.some((one) => major(one) === major(capability) && one <= capability) ||
    portable.some((one) => one <= capability)
  );
}

function sectionNamed(
  { read, sections: table, namesAt }: Elf,
  name: string,
): { begin: number; end: number } | null {
  const rows = read(table.at, table.count * SECTION_HEADER);
  if (rows.length < table.count * SECTION_HEADER) return null;
  const sections = Array.from({ length: table.count }, (_, i) => rows.subarray(i * SECTION_HEADER));
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

function codeIn({ read }: Elf, begin: number, end: number): Architectures {
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
