/** ELF files of a few bytes that are no libraries, only shaped like ones: headers, two tables and what these speak of. */

export interface ElfFacts {
  /** Of each program header: where its bytes begin and how many there are. */
  readonly segments?: readonly (readonly [at: number | bigint, bytes: number | bigint])[];
  /** How many section headers there are, 0 for no table. */
  readonly sections?: number;
  /** Bytes between the tables. */
  readonly between?: Uint8Array;
}

const HEADER = 64;
const PROGRAM_HEADER = 56;
const SECTION_HEADER = 64;

/** Header, program headers, the bytes between, section headers: as linkers lay files out. */
export function madeUpElf({
  segments = [[0, 64]],
  sections = 2,
  between = new Uint8Array(100),
}: ElfFacts = {}): Buffer {
  const programs = segments.map(([at, bytes]) => {
    const row = Buffer.alloc(PROGRAM_HEADER);
    row.writeUInt32LE(1, 0); // PT_LOAD
    row.writeBigUInt64LE(BigInt(at), 0x08);
    row.writeBigUInt64LE(BigInt(bytes), 0x20);
    return row;
  });
  const tableAt = HEADER + segments.length * PROGRAM_HEADER + between.length;
  const header = Buffer.alloc(HEADER);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(3, 0x10); // ET_DYN
  header.writeUInt16LE(62, 0x12); // x86-64
  header.writeBigUInt64LE(BigInt(HEADER), 0x20);
  header.writeBigUInt64LE(BigInt(sections === 0 ? 0 : tableAt), 0x28);
  const shape = [
    HEADER,
    PROGRAM_HEADER,
    segments.length,
    SECTION_HEADER,
    sections,
    Math.max(0, sections - 1),
  ];
  for (const [i, value] of shape.entries()) header.writeUInt16LE(value, 0x34 + 2 * i);
  return Buffer.concat([header, ...programs, between, Buffer.alloc(sections * SECTION_HEADER)]);
}
