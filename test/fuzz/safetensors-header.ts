/**
 * Fuzz target: the header reader of safetensors. Inputs are whole files, built from true headers by lies in their
 * structure, then by changes of their bytes. What is taken is checked against the file by a second, slower reading.
 */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { readHeader, type SafetensorsHeader } from "../../lib/weights/safetensors.js";
import { bytesSource } from "../helpers/bytes-source.js";
import { joined, once, oneOf, spoilt } from "./draw.js";
import { JSON_WORDS, LIES, lie, type Member, objectText, words } from "./json.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = ["lib/core/json.ts", "lib/core/text-file.ts", "lib/weights/safetensors.ts"];

const SIZES: Readonly<Record<string, bigint>> = {
  ...{ BOOL: 1n, U8: 1n, I8: 1n, F8_E5M2: 1n, F8_E4M3: 1n, I16: 2n, U16: 2n, F16: 2n, BF16: 2n },
  ...{ I32: 4n, U32: 4n, F32: 4n, F64: 8n, I64: 8n, U64: 8n },
};
const DTYPES = Object.keys(SIZES);
const PREFIX_BYTES = 8;

const NAMES = [
  "a",
  "b",
  "a.weight",
  "__proto__",
  "constructor",
  "toString",
  "0",
  "-1",
  "",
  "é",
  "\u0000",
  "__metadata__x",
  "\ud83d\ude00",
];
const KEYS = [...NAMES, "dtype", "shape", "data_offsets", "__metadata__"];
const WORDS = [...JSON_WORDS, ...words('"dtype":', '"shape":', '"data_offsets":', '"__metadata__":{')];

function headerText(draws: Draws): { header: string; dataBytes: number } {
  const members: Member[] = [];
  let end = 0;
  for (let count = draws.below(5); count > 0; count--) {
    const dtype = oneOf(draws, DTYPES);
    const shape = Array.from({ length: draws.below(4) }, () => draws.below(4));
    const begin = end;
    end += shape.reduce((product, size) => product * size, Number(SIZES[dtype]));
    const entry: Member[] = [
      ['"dtype"', JSON.stringify(dtype)],
      ['"shape"', JSON.stringify(shape)],
      ['"data_offsets"', JSON.stringify([begin, end])],
    ];
    if (once(draws, 8)) lie(draws, entry, KEYS);
    if (once(draws, 16)) entry.push(['"more"', oneOf(draws, LIES)]);
    members.push([JSON.stringify(oneOf(draws, NAMES)), objectText(entry)]);
  }
  if (once(draws, 4))
    members.unshift(['"__metadata__"', once(draws, 3) ? oneOf(draws, LIES) : '{"format":"pt"}']);
  while (once(draws, 3)) lie(draws, members, KEYS);
  if (once(draws, 8)) members.reverse();
  const space = once(draws, 4) ? oneOf(draws, [" ", "   ", "\n", "\t", "\u0000"]) : "";
  return { header: objectText(members) + space, dataBytes: end };
}

export function make(draws: Draws): Uint8Array {
  const { header, dataBytes } = headerText(draws);
  const json = new TextEncoder().encode(header);
  const prefix = new Uint8Array(PREFIX_BYTES);
  const claimed = once(draws, 10)
    ? oneOf(draws, [
        0n,
        1n,
        2n ** 24n,
        2n ** 24n + 1n,
        2n ** 31n,
        2n ** 53n,
        2n ** 63n,
        2n ** 64n - 1n,
        BigInt(draws.below(512)),
      ])
    : BigInt(json.length);
  new DataView(prefix.buffer).setBigUint64(0, claimed, true);
  const data = new Uint8Array(once(draws, 8) ? draws.below(64) : dataBytes);
  return spoilt(draws, joined(prefix, json, data), WORDS);
}

export function check(input: Uint8Array): Promise<boolean> {
  return takes(async () => compare(await readHeader(bytesSource(input, INPUT_FILE)), input));
}

/** The keys of a JSON object's text, as often as they stand there. */
function topKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (const match of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (match[0] === "{" || match[0] === "[") depth++;
    else if (match[0] === "}" || match[0] === "]") depth--;
    else if (depth === 1 && match[2] !== undefined) keys.push(JSON.parse(match[1] ?? "") as string);
  }
  return keys;
}

function compare({ tensors }: SafetensorsHeader, input: Uint8Array): void {
  const length = new DataView(input.buffer, input.byteOffset).getBigUint64(0, true);
  const data = BigInt(PREFIX_BYTES) + length;
  const text = new TextDecoder("utf-8", { fatal: true }).decode(input.subarray(PREFIX_BYTES, Number(data)));
  const header = new Map(Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>));
  const names = topKeys(text).filter((key) => key !== "__metadata__");
  assert.deepEqual(tensors.map(({ name }) => name).sort(), names.sort());
  let covered = data;
  for (const { name, dtype, shape, begin, end } of tensors) {
    const said = header.get(name);
    assert.deepEqual([said?.dtype, said?.shape], [dtype, shape], name);
    assert.deepEqual(said?.data_offsets, [begin - Number(data), end - Number(data)], name);
    const bytes = shape.reduce((product, size) => product * BigInt(size), SIZES[dtype] ?? -1n);
    assert.equal(BigInt(begin), covered, `${name} begins where the one before ends`);
    assert.equal(BigInt(end) - BigInt(begin), bytes, `${name} is as long as its shape says`);
    covered = BigInt(end);
  }
  assert.equal(covered, BigInt(input.length), "the tensors end where the file ends");
}
