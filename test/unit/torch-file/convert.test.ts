/** Conversion of handwritten files of torch.save: what is chosen, what is refused, and what is left on the disk. */
import assert from "node:assert/strict";
import { link, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { convertCheckpoint } from "../../../lib/torch-file/convert.js";
import { bytes, dict, floats, pickle, tensor, text, torchLegacy, torchZip } from "../../helpers/pickles.js";
import { rejects } from "../../helpers/refused.js";
import { readTensors } from "../../helpers/safetensors.js";
import { zipArchive } from "../../helpers/zip.js";

let dir: string;
let input: string;
let output: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "vqat-convert-"));
  input = join(dir, "in.pyth");
  output = join(dir, "out", "weights.safetensors");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const STORAGE = floats(1, 2, 3, 4);
const write = (data: Uint8Array) => writeFile(input, data);
const convert = () => convertCheckpoint(input, output);
/** A file whose state dict is these items. */
const zip = (...items: Uint8Array[]) => torchZip(pickle(dict(...items)), { 0: STORAGE });

async function values(): Promise<Record<string, number[]>> {
  const tensors = await readTensors(output);
  return Object.fromEntries([...tensors].map(([name, { data }]) => [name, [...data].map(Number)]));
}

test("follows offsets and strides, and writes shared storages apart", async () => {
  await write(
    zip(
      text("whole"),
      tensor(),
      text("turned"),
      tensor({ shape: [2, 2], strides: [1, 2] }),
      text("tail"),
      tensor({ offset: 2, shape: [2] }),
      text("repeated"),
      tensor({ offset: 3, shape: [3], strides: [0] }),
      text("scalar"),
      tensor({ offset: 1, shape: [], strides: [] }),
      text("empty"),
      tensor({ offset: 9, shape: [3, 0], strides: [5, 7] }),
    ),
  );
  const { tensors } = await convert();
  assert.equal(tensors, 6);
  assert.deepEqual(await values(), {
    whole: [1, 2, 3, 4],
    turned: [1, 3, 2, 4],
    tail: [3, 4],
    repeated: [4, 4, 4],
    scalar: [2],
    empty: [],
  });
});

test("follows strides over more elements than one piece", async () => {
  const [rows, columns] = [3, 700_000];
  const data = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const turned = tensor({ elements: data.length, shape: [columns, rows], strides: [1, columns] });
  await write(torchZip(pickle(dict(text("turned"), turned)), { 0: new Uint8Array(data.buffer) }));
  await convert();
  const found = (await readTensors(output)).get("turned")?.data;
  const expected = Float32Array.from(
    { length: data.length },
    (_, i) => (i % rows) * columns + Math.floor(i / rows),
  );
  assert.ok(found !== undefined && Buffer.from(found.buffer).equals(Buffer.from(expected.buffer)));
});

test("keeps the names that an object of JavaScript would lose", async () => {
  await write(zip(text("__proto__"), tensor(), text("7"), tensor(), text("a\nb"), tensor()));
  await convert();
  assert.deepEqual([...(await readTensors(output)).keys()].sort(), ["7", "__proto__", "a\nb"]);
});

test("reads a part of a legacy storage", async () => {
  const part = bytes("(", text("5"), "K", 1, "K", 2, "t");
  const value = pickle(dict(text("a"), tensor({ part, offset: 1, shape: [1] })));
  await write(torchLegacy({ value, keys: ["0"], storages: [[4, STORAGE]] }));
  await convert();
  assert.deepEqual(await values(), { a: [3] });
});

const REFUSED: readonly (readonly [what: string, data: Uint8Array, expected: RegExp])[] = [
  ["a value that is no dict", torchZip(pickle("]"), {}), /expected a dict of tensors, found a List/],
  [
    "a dict without tensors",
    zip(text("epoch"), bytes("K", 1)),
    /expected tensors in model_state, .* found epoch/,
  ],
  ["an empty dict", zip(), /found nothing/],
  ["one name twice", zip(text("a"), tensor(), text("a"), tensor()), /the tensor a stands twice/],
  ["a name that safetensors keeps", zip(text("__metadata__"), tensor()), /__metadata__/],
  ["a name that is a number", zip(bytes("K", 3), tensor()), /text as a tensor's name, found a number/],
  [
    "nothing but what is left out",
    zip(text("blocks.6.proj.weight"), tensor()),
    /expected tensors to convert, found blocks\.6\.proj\.weight only/,
  ],
];

for (const [what, data, expected] of REFUSED) {
  test(`refuses ${what}`, async () => {
    await write(data);
    await rejects(convert(), `${input}: `, expected);
    assert.deepEqual(await readdir(dir), ["in.pyth"]);
  });
}

test("refuses tensors that repeat a few bytes to terabytes, by strides or by number", async () => {
  await write(zip(text("a"), tensor({ shape: [10 ** 12], strides: [0] })));
  await rejects(
    convert(),
    `${input}: `,
    /its tensors take 40000000001\d\d bytes, which a file of \d+ does not hold/,
  );
  const large = new Uint8Array(4_000_000);
  const shared = Array.from({ length: 20 }, (_, i) =>
    bytes(text(`t${i}`), tensor({ elements: 10 ** 6, shape: [10 ** 6] })),
  );
  await write(torchZip(pickle(dict(...shared)), { 0: large }));
  await rejects(convert(), `${input}: `, /its tensors take 8000\d{4} bytes/);
  assert.deepEqual(await readdir(dir), ["in.pyth"]);
});

test("refuses packed storages that unpack to far more than the file", async () => {
  const elements = 8_000_000;
  const value = pickle(dict(text("a"), tensor({ elements, shape: [1] })));
  const data = new Uint8Array(4 * elements);
  await write(
    zipArchive([
      { name: "x/data.pkl", data: value },
      { name: "x/data/0", data, deflate: true },
    ]),
  );
  await rejects(
    convert(),
    `${input}: `,
    /its packed storages take 32000000 bytes, which a file of \d+ does not hold/,
  );
});

test("reads a file of zeros that someone packed", async () => {
  const value = pickle(dict(text("a"), tensor({ elements: 1000, shape: [2], strides: [999] })));
  const data = new Uint8Array(4000);
  await write(
    zipArchive([
      { name: "x/data.pkl", data: value, deflate: true },
      { name: "x/data/0", data, deflate: true },
    ]),
  );
  await convert();
  assert.deepEqual(await values(), { a: [0, 0] });
});

test("never writes over the file that it reads, by whatever name", async () => {
  await write(zip(text("a"), tensor()));
  const before = await readFile(input);
  await symlink(input, join(dir, "link"));
  await link(input, join(dir, "other-name"));
  for (const name of ["in.pyth", "link", "other-name"]) {
    await assert.rejects(convertCheckpoint(input, join(dir, name)), {
      code: "E_OPTION",
      message: /option out: .*another file/,
    });
  }
  assert.deepEqual(await readFile(input), before);
});

test("replaces an output only by a whole one, and leaves nothing else", async () => {
  await write(zip(text("a"), tensor()));
  await convert();
  const first = await readFile(output);
  await write(bytes("PK"));
  await rejects(convert(), `${input}: `, /end record/);
  assert.deepEqual(await readFile(output), first);
  await write(zip(text("b"), tensor()));
  await convert();
  assert.deepEqual(Object.keys(await values()), ["b"]);
  assert.deepEqual(await readdir(join(dir, "out")), ["weights.safetensors"]);
});

test("says which output cannot be written", async () => {
  await write(zip(text("a"), tensor()));
  const inside = join(input, "weights.safetensors");
  await assert.rejects(convertCheckpoint(input, inside), {
    code: "E_OPTION",
    message: /option out: .*weights\.safetensors"; .*in\.pyth is no folder/,
  });
});

test("says which input cannot be read", async () => {
  await rejects(convertCheckpoint(join(dir, "none"), output), join(dir, "none"), /cannot be opened/);
  await rejects(convertCheckpoint(dir, output), dir, /expected a file/);
});
