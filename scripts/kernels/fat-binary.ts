/**
 * Which code a library with CUDA kernels holds: machine code and PTX, for which architecture. Reads the form in which
 * fatbinary packs them: a header of 16 bytes (0xBA55ED50, version, size of the header, size of all entries), then
 * entries (kind, attributes, size of the header, size of the code, …, architecture at byte 28).
 */

const MAGIC = Buffer.from([0x50, 0xed, 0x55, 0xba]);
const KINDS: Readonly<Record<number, string>> = { 1: "compute", 2: "sm" };

/** For each packed file, in order, what it holds: "sm_80" is machine code, "compute_90" is PTX. */
export function packedCode(library: Buffer): string[][] {
  const packs: string[][] = [];
  for (let at = library.indexOf(MAGIC); at >= 0; at = library.indexOf(MAGIC, at + MAGIC.length)) {
    let entry = at + library.readUInt16LE(at + 6);
    const end = entry + Number(library.readBigUInt64LE(at + 8));
    const names: string[] = [];
    while (entry < end) {
      const kind = library.readUInt16LE(entry);
      names.push(`${KINDS[kind] ?? `kind ${kind},`}_${library.readUInt32LE(entry + 28)}`);
      entry += library.readUInt32LE(entry + 4) + Number(library.readBigUInt64LE(entry + 8));
    }
    packs.push(names);
  }
  return packs;
}
