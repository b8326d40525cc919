/** The opcodes that push a value written in the pickle itself. Knows no stack. */
import type { Cursor } from "../core/cursor.js";
import { Problem } from "../core/problem.js";
import { OPCODES } from "./opcodes.js";
import type { Value } from "./values.js";

/** As long as LONG1 can say; the longest that torch itself writes is the legacy format's magic one, of 10 bytes. */
const MAX_INTEGER_BYTES = 255;

/**
 * The value of a literal opcode whose byte was read; undefined for every other opcode.
 *
 * @throws {Problem} when its bytes are missing or wrong.
 */
export function readLiteral(code: number, cursor: Cursor): Value | undefined {
  switch (code) {
    case OPCODES.NONE:
      return null;
    case OPCODES.NEWTRUE:
      return true;
    case OPCODES.NEWFALSE:
      return false;
    case OPCODES.BININT:
      return cursor.int32();
    case OPCODES.BININT1:
      return cursor.byte();
    case OPCODES.BININT2:
      return cursor.uint16();
    case OPCODES.LONG1:
      return integer(cursor, cursor.byte());
    case OPCODES.LONG4:
      return integer(cursor, cursor.int32());
    case OPCODES.BINFLOAT:
      return cursor.float64();
    case OPCODES.SHORT_BINUNICODE:
    case OPCODES.SHORT_BINSTRING:
      return cursor.text(cursor.byte());
    case OPCODES.BINUNICODE:
      return cursor.text(cursor.uint32());
    case OPCODES.BINSTRING:
      return cursor.text(cursor.int32());
    case OPCODES.BINUNICODE8:
      return cursor.text(cursor.uint64());
    case OPCODES.SHORT_BINBYTES:
      return cursor.take(cursor.byte());
    case OPCODES.BINBYTES:
      return cursor.take(cursor.uint32());
    case OPCODES.BINBYTES8:
    case OPCODES.BYTEARRAY8:
      return cursor.take(cursor.uint64());
    default:
      return undefined;
  }
}

/** Two's complement, little-endian, of any length. */
function integer(cursor: Cursor, length: number): number | bigint {
  if (length > MAX_INTEGER_BYTES)
    throw new Problem(`expected a whole number of at most ${MAX_INTEGER_BYTES} bytes, found ${length}`);
  const magnitude = cursor.take(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const value = BigInt.asIntN(8 * length, magnitude);
  const rounded = Number(value);
  return Number.isFinite(rounded) && BigInt(rounded) === value ? rounded : value;
}
