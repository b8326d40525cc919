/**
 * The opcodes of Python's pickle format by their byte. Those that torch.save writes are run by machine.ts; the others
 * are here to be refused by name.
 *
 * Source: CPython, Lib/pickletools.py, protocols 0 to 5.
 */

/** Run by the machine. */
export const OPCODES = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  BINFLOAT: 0x47,
  BININT: 0x4a,
  BININT1: 0x4b,
  BININT2: 0x4d,
  NONE: 0x4e,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  APPENDS: 0x65,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
  BYTEARRAY8: 0x96,
} as const;

/** Refused: no tensor file needs them. INST also names a class, which the refusal repeats. */
export const INST = 0x69;

const REFUSED: Readonly<Record<number, string>> = {
  48: "POP",
  49: "POP_MARK",
  50: "DUP",
  70: "FLOAT",
  73: "INT",
  76: "LONG",
  80: "PERSID",
  83: "STRING",
  86: "UNICODE",
  100: "DICT",
  103: "GET",
  105: "INST",
  108: "LIST",
  111: "OBJ",
  112: "PUT",
  129: "NEWOBJ",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  146: "NEWOBJ_EX",
  151: "NEXT_BUFFER",
  152: "READONLY_BUFFER",
};

/** The name of an opcode that is not run; its byte where Python knows none either. */
export function opcodeName(code: number): string {
  return REFUSED[code] ?? `0x${code.toString(16).padStart(2, "0")}`;
}
