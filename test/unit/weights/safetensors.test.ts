/** The header reader against every kind of header that lies, and against files written by the Python library. */
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layOutSafetensors, readSafetensorsHeader } from "../../../lib/weights/safetensors.js";
import { goldenPath } from "../../helpers/goldens.js";
import { readTensors, writeTensors } from "../../helpers/safetensors.js";

const dir = await mkdtemp(join(tmpdir(), "vqat-safetensors-"));
const file = join(dir, "weights.safetensors");

/** A file of this header text (or bytes) and so many bytes of data; `length` overrides the true header length. */
async function write(header: string | Uint8Array, dataBytes: number, length?: bigint): Promise<void> {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  await writeFile(file, bytes);
}

function entry(shape: unknown, offsets: unknown, dtype: unknown = "F32"): object {
  return { dtype, shape, data_offsets: offsets };
}

async function refused(expected: RegExp): Promise<void> {
  await assert.rejects(readSafetensorsHeader(file), (error: Error & { code?: string }) => {
    assert.equal(error.code, "E_FORMAT");
    assert.ok(error.message.startsWith(file), error.message);
    assert.match(error.message, expected);
    return true;
  });
}

const LYING_TENSORS: readonly (readonly [
  what: string,
  header: object,
  dataBytes: number,
  expected: RegExp,
])[] = [
  [
    "offsets outside the file",
    { a: entry([2], [0, 8]) },
    4,
    /: a: ends at byte \d+, the file has \d+: it is truncated/,
  ],
  ["an overlap", { a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, 12, /: b: begins at byte \d+, inside/],
  ["a gap between tensors", { a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, 12, /: b: .* gap/],
  ["a gap before the first", { a: entry([1], [4, 8]) }, 8, /: a: .* gap/],
  ["bytes after the last", { a: entry([1], [0, 4]) }, 6, /: 2 bytes follow the last tensor/],
  ["bytes and no tensor", {}, 3, /: 3 bytes follow/],
  [
    "offsets that run backwards",
    { a: entry([1], [4, 0]) },
    4,
    /: a: F32 \[1\] takes 4 bytes, data_offsets span -4/,
  ],
  [
    "a span that differs from the shape",
    { a: entry([3], [0, 8]) },
    8,
    /: a: F32 \[3\] takes 12 bytes, data_offsets span 8/,
  ],
  ["a negative size", { a: entry([-1], [0, 4]) }, 4, /: a: expected a shape of whole numbers, found \[-1\]/],
  ["a broken size", { a: entry([1.5], [0, 6]) }, 6, /: a: expected a shape/],
  ["a shape that is no list", { a: entry(4, [0, 16]) }, 16, /: a: expected a shape/],
  ["a shape beyond any file", { a: entry([2 ** 40, 2 ** 40], [0, 4]) }, 4, /: a: the shape .* is too large/],
  ["three offsets", { a: entry([1], [0, 4, 8]) }, 8, /: a: expected data_offsets/],
  ["a negative offset", { a: entry([1], [-4, 0]) }, 0, /: a: expected data_offsets/],
  ["broken offsets", { a: entry([1], [0.5, 4.5]) }, 5, /: a: expected data_offsets/],
  ["offsets beyond 2^53", { a: entry([1], [2 ** 60, 2 ** 60 + 4]) }, 4, /: a: expected data_offsets/],
  [
    "offsets that are text",
    { a: entry([1], ["0", "4"]) },
    4,
    /: a: expected data_offsets .* found \["0","4"\]/,
  ],
  ["a size that is text", { a: entry(["1"], [0, 4]) }, 4, /: a: expected a shape .* found \["1"\]/],
  [
    "an empty tensor that takes bytes",
    { a: entry([0], [0, 4]) },
    4,
    /: a: F32 \[0\] takes 0 bytes, data_off/,
  ],
  [
    "an empty tensor inside another",
    { a: entry([2], [0, 8]), none: entry([0], [4, 4]) },
    8,
    /: none: begins at byte \d+, inside/,
  ],
  ["an empty tensor past the end", { none: entry([0], [8, 8]) }, 4, /: none: ends at byte \d+, the file has/],
  [
    "an empty tensor of endless axes",
    { a: entry(Array(70).fill(2 ** 50), [0, 0]) },
    0,
    /: a: the shape .* too large/,
  ],
  ["no offsets", { a: { dtype: "F32", shape: [1] } }, 4, /: a: expected data_offsets/],
  ["an unknown dtype", { a: entry([1], [0, 4], "F31") }, 4, /: a: expected a dtype among .*, found "F31"/],
  ["a dtype out of Object's prototype", { a: entry([1], [0, 4], "toString") }, 4, /: a: expected a dtype/],
  ["an entry that is no object", { a: [0, 4] }, 4, /: a: expected an object with dtype/],
  ["metadata that is no object", { __metadata__: "pt" }, 0, /: __metadata__: expected an object of strings/],
  [
    "metadata that is no string",
    { __metadata__: { format: 1 } },
    0,
    /: __metadata__\.format: expected a string, found 1/,
  ],
];

for (const [what, header, dataBytes, expected] of LYING_TENSORS) {
  test(`refuses ${what}`, async () => {
    await write(JSON.stringify(header), dataBytes);
    await refused(expected);
  });
}

test("refuses a tensor that stands twice", async () => {
  const a = JSON.stringify(entry([1], [0, 4]));
  await write(`{"a":${a},"a":${a}}`, 4);
  await refused(/the key "a" stands twice/);
  await write(`{"a":${a},"\\u0061":${a}}`, 4);
  await refused(/the key "a" stands twice/);
});

test("refuses half a surrogate pair, which no text of the format's own reader has", async () => {
  const none = JSON.stringify(entry([0], [0, 0]));
  await write(`{"a\\ud800":${none}}`, 0);
  await refused(/: a\\ud800: expected text as its name, found half a surrogate pair/);
  await write(`{"__metadata__":{"a":"\\udc00b"}}`, 0);
  await refused(/__metadata__\.a: expected a string/);
  await write(`{"a\\ud83d\\ude00":${none}}`, 0);
  assert.equal((await readSafetensorsHeader(file)).tensors[0]?.name, "a😀");
});

test("refuses numbers that only JSON text can say", async () => {
  const shaped = (sizes: string) => `{"a":{"dtype":"F32","shape":[${sizes}],"data_offsets":[0,0]}}`;
  await write(shaped("-0"), 0);
  await refused(/: a: expected a shape/);
  await write(shaped("1e400"), 0);
  await refused(/: a: expected a shape/);
  for (const sizes of ["0.0", "0e0", "3, 0E1", "0.0, 5"]) {
    await write(shaped(sizes), 0);
    await refused(/: expected whole numbers without point or power, found "shape":\[/);
  }
  await write('{"a":{"dtype":"F32","data_offsets" : [0, 0.0],"shape":[0]}}', 0);
  await refused(/point or power, found "data_offsets" : \[0, 0\.0\]/);
  await write(
    '{"__metadata__":{"shape\\":[1.5]":"\\"shape\\":[0.5]"},"1.5e3":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}',
    0,
  );
  assert.equal((await readSafetensorsHeader(file)).tensors[0]?.name, "1.5e3");
  await write(shaped("9007199254740993"), 0);
  await refused(/: a: expected a shape/);
});

test("takes __proto__ for a name like any other", async () => {
  const a = JSON.stringify(entry([1], [0, 4]));
  await write(`{"__proto__":${a}}`, 4);
  assert.deepEqual(
    (await readSafetensorsHeader(file)).tensors.map(({ name }) => name),
    ["__proto__"],
  );
  await write(`{"__proto__":${a},"__proto__":${a}}`, 4);
  await refused(/the key "__proto__" stands twice/);
  await write(`{"__proto__":${JSON.stringify(entry([2], [0, 4]))}}`, 4);
  await refused(/: __proto__: F32 \[2\] takes 8 bytes/);
  await write(`{"a":{"__proto__":${a}}}`, 4);
  await refused(/: a: expected a dtype among .*, found none/);
});

test("refuses JSON that nests without end, as a header, as a shape or as text", async () => {
  const deep = 100_000;
  await write("[".repeat(deep), 0);
  await refused(/expected JSON that nests 64 deep at most/);
  await write('{"a":'.repeat(deep), 0);
  await refused(/nests 64 deep/);
  await write(`{"a":{"dtype":"F32","shape":${"[".repeat(deep)}${"]".repeat(deep)},"data_offsets":[0,0]}}`, 0);
  await refused(/nests 64 deep/);
  await write(`{"${"[".repeat(deep)}":0}`, 0);
  await refused(/expected an object with dtype/);
});

test("repeats no more than a line of what a header says", async () => {
  const long = "x".repeat(9_000_000);
  const cases = [`{"${long}":0}`, `{"a":{"dtype":"${long}"}}`, `{"${long}":0,"${long}":0}`];
  for (const header of cases) {
    await write(header, 0);
    await assert.rejects(readSafetensorsHeader(file), (error: Error & { code?: string }) => {
      assert.equal(error.code, "E_FORMAT");
      assert.ok(error.message.length < file.length + 500, `${error.message.length}`);
      return true;
    });
  }
  await write('{"\\u001b[2J":0}', 0);
  await refused(/: \\u001b\[2J: expected an object/);
});

test("refuses a file that is cut short, or is not one of this kind", async () => {
  await writeFile(file, new Uint8Array(7));
  await refused(/expected at least 8 bytes, found 7/);
  await write('{"a":', 0, 100n);
  await refused(/header ends at byte 108, the file has 13: it is truncated/);
  await write("", 0, 2n ** 24n + 1n);
  await refused(/header claims 16777217 bytes, the most is 16777216/);
  await write("", 0, 2n ** 31n);
  await refused(/header claims 2147483648 bytes/);
  await write("", 0, 2n ** 64n - 1n);
  await refused(/header claims 18446744073709551615 bytes/);
  await writeFile(file, "Access to model a/b is restricted and you are not in the authorized list.");
  await refused(/expected a safetensors file, found an error message of a server: the download was refused$/);
  await writeFile(file, "weights go here\n");
  await refused(/expected a safetensors file, found text: weights go here$/);
});

test("refuses a header that is not UTF-8, not JSON, or not an object", async () => {
  await write(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 0);
  await refused(/expected UTF-8 text/);
  await write("{,}", 0);
  await refused(/expected JSON/);
  await write("[]", 0);
  await refused(/expected a JSON object/);
  await write(" {}", 0);
  await refused(/expected \{ as the first byte/);
  await write("\ufeff{}", 0);
  await refused(/expected \{ as the first byte/);
  await write("", 0);
  await refused(/expected JSON/);
});

test("refuses a path that is missing or a folder", async () => {
  await assert.rejects(readSafetensorsHeader(join(dir, "none")), {
    code: "E_FORMAT",
    message: /none: cannot be opened/,
  });
  await assert.rejects(readSafetensorsHeader(dir), { code: "E_FORMAT", message: /expected a file/ });
});

test("reads a file that the Python library wrote", async () => {
  const written = goldenPath("internvl/tied/model.safetensors");
  const { tensors, metadata } = await readSafetensorsHeader(written);
  assert.deepEqual(metadata, { format: "pt" });
  assert.equal(tensors.length, 72);
  const embedding = tensors.find(({ name }) => name === "language_model.model.embed_tokens.weight");
  assert.ok(embedding);
  assert.deepEqual([embedding.dtype, embedding.shape, embedding.file], ["F32", [120, 32], written]);
  assert.equal(embedding.end - embedding.begin, 120 * 32 * 4);
});

test("reads in the order of the bytes, whatever the order of the keys, empty tensors included", async () => {
  const header = {
    late: entry([1], [4, 8]),
    early: entry([1], [0, 4]),
    none: entry([0, 3], [4, 4]),
    scalar: entry([], [8, 12]),
  };
  await write(JSON.stringify(header), 12);
  const { tensors } = await readSafetensorsHeader(file);
  assert.deepEqual(
    tensors.map(({ name }) => name),
    ["early", "none", "late", "scalar"],
  );
});

test("reads back what it lays out, with aligned data", async () => {
  const layouts = [
    { name: "b", dtype: "BF16", shape: [3] },
    { name: "a", dtype: "F32", shape: [2, 2] },
  ] as const;
  const { head, begins, bytes } = layOutSafetensors(layouts, { made: "here" });
  const whole = new Uint8Array(bytes);
  whole.set(head);
  await writeFile(file, whole);
  const { tensors, metadata } = await readSafetensorsHeader(file);
  assert.deepEqual(metadata, { made: "here" });
  assert.deepEqual(
    tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    layouts,
  );
  assert.deepEqual(
    tensors.map(({ begin }) => begin),
    begins,
  );
  assert.equal(head.length % 8, 0);
  assert.equal(tensors.at(-1)?.end, bytes);
});

test("tensors survive a round trip", async () => {
  const data = Float32Array.from([1.5, -0, 3e-40, 7]);
  await writeTensors(file, { ids: { shape: [1], data: Int32Array.of(-100) }, x: { shape: [2, 2], data } });
  const read = await readTensors(file);
  assert.deepEqual(read.get("x"), { shape: [2, 2], data });
  assert.deepEqual(read.get("ids"), { shape: [1], data: Int32Array.of(-100) });
});
