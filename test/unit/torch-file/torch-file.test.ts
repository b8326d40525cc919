/** Both formats of torch.save against files whose parts contradict each other. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dict, Tensor } from "../../../lib/pickle/values.js";
import { openTorchFile } from "../../../lib/torch-file/torch-file.js";
import type { TorchFile } from "../../../lib/torch-file/torch-format.js";
import { bytesSource } from "../../helpers/bytes-source.js";
import {
  bytes,
  dict,
  floats,
  integer,
  pickle,
  tensor,
  text,
  torchLegacy,
  torchZip,
  tuple,
} from "../../helpers/pickles.js";
import { rejects } from "../../helpers/refused.js";
import { type ZipPart, zipArchive } from "../../helpers/zip.js";

const open = (data: Uint8Array) => openTorchFile(bytesSource(data));
const STORAGE = floats(1, 2, 3, 4);
const VALUE = pickle(dict(text("a"), tensor()));
const LEGACY = { value: VALUE, keys: ["0"], storages: [[4, STORAGE]] } as const;

const entry = (name: string, content: string): ZipPart => ({ name, data: bytes(content) });

const ZIPS: readonly (readonly [what: string, data: Uint8Array, expected: RegExp])[] = [
  [
    "no pickle",
    zipArchive([entry("archive/version", "3")]),
    /expected one NAME\/data\.pkl in the archive, found 0/,
  ],
  ["two pickles", torchZip(VALUE, { 0: STORAGE }, [entry("other/data.pkl", "")]), /found 2/],
  [
    "no storage",
    torchZip(VALUE, {}),
    /archive\/data\/0: the pickle names this storage, the archive has none/,
  ],
  [
    "a storage that is shorter",
    torchZip(VALUE, { 0: floats(1) }),
    /archive\/data\/0: the pickle gives this storage 16 bytes, the archive 4/,
  ],
  ["a storage that is longer", torchZip(VALUE, { 0: floats(1, 2, 3, 4, 5) }), /16 bytes, the archive 20/],
  [
    "a storage named out of its folder",
    torchZip(pickle(tensor({ key: "../data.pkl" })), {}),
    /archive\/data\/\.\.\/data\.pkl: the pickle names/,
  ],
  [
    "another byte order",
    torchZip(VALUE, { 0: STORAGE }, [entry("archive/byteorder", "big")]),
    /archive\/byteorder: expected the byte order little, found big/,
  ],
  [
    "a byte order that is a book",
    torchZip(VALUE, { 0: STORAGE }, [entry("archive/byteorder", "big".repeat(9))]),
    /archive\/byteorder: takes 27 bytes/,
  ],
  [
    "code in the pickle",
    torchZip(pickle("cposix\nsystem\n"), {}),
    /archive\/data\.pkl, byte 2: posix\.system is not/,
  ],
];

for (const [what, data, expected] of ZIPS) {
  test(`refuses an archive with ${what}`, () => rejects(open(data), "bytes: ", expected));
}

const LEGACIES: readonly (readonly [what: string, data: Uint8Array, expected: RegExp])[] = [
  [
    "another magic number",
    torchLegacy({ ...LEGACY, magic: pickle("K", 7) }),
    /the magic number of torch\.save, found a number: is it a plain pickle/,
  ],
  ["another version", torchLegacy({ ...LEGACY, version: pickle("K", 7) }), /expected version 1001, found 7/],
  [
    "a storage before the tensors",
    torchLegacy({ ...LEGACY, version: pickle(tensor()) }),
    /names a storage outside the pickle of the tensors/,
  ],
  ["a key that no tensor has", torchLegacy({ ...LEGACY, keys: ["0", "1"] }), /lists a storage/],
  [
    "a key twice",
    torchLegacy({ ...LEGACY, keys: ["0", "0"], storages: [LEGACY.storages[0], LEGACY.storages[0]] }),
    /lists a storage/,
  ],
  [
    "no keys",
    torchLegacy({ ...LEGACY, keys: [], storages: [] }),
    /storage 0: is named by the pickle and not in the file/,
  ],
  [
    "fewer elements",
    torchLegacy({ ...LEGACY, storages: [[3, STORAGE]] }),
    /storage 0: has 3 elements at byte \d+, the pickle says 4/,
  ],
  ["-1 elements", torchLegacy({ ...LEGACY, storages: [[-1, STORAGE]] }), /storage 0: has -1 elements/],
  [
    "2^63 - 1 elements",
    torchLegacy({ ...LEGACY, storages: [[2n ** 63n - 1n, STORAGE]] }),
    /has 9223372036854775807 elements/,
  ],
  [
    "less bytes than elements",
    torchLegacy({ ...LEGACY, storages: [[4, floats(1)]] }),
    /storage 0: ends at byte \d+, the file has \d+/,
  ],
  ["bytes behind", bytes(torchLegacy(LEGACY), "x"), /1 bytes follow the last storage/],
  [
    "code where the magic number was",
    torchLegacy({ ...LEGACY, magic: pickle("cposix\nsystem\n") }),
    /^byte 2: posix\.system is not/,
  ],
  [
    "code among the keys",
    bytes(torchLegacy({ ...LEGACY, keys: [], storages: [] }).slice(0, -8), pickle("cos\nsystem\n")),
    /os\.system/,
  ],
];

for (const [what, data, expected] of LEGACIES) {
  test(`refuses a legacy file with ${what}`, () => rejects(open(data), "bytes: ", expected));
}

test("refuses what is neither", async () => {
  await rejects(open(bytes()), "bytes: ", /neither/);
  await rejects(open(bytes("{")), "bytes: ", /neither/);
  await rejects(open(bytes("PK")), "bytes: ", /end record of a zip archive/);
});

test("refuses every beginning of either that is cut short", async () => {
  for (const whole of [torchZip(VALUE, { 0: STORAGE }), torchLegacy(LEGACY)]) {
    await open(whole);
    for (let length = 0; length < whole.length; length++)
      await rejects(open(whole.subarray(0, length)), "bytes: ", /./);
  }
});

function tensorNamed({ value }: TorchFile, name: string): Tensor {
  const found = value instanceof Dict ? value.get(name) : null;
  assert.ok(found instanceof Tensor);
  return found;
}

test("finds the storages of either", async () => {
  const two = pickle(
    dict(text("a"), tensor({ key: "1" }), text("b"), tensor({ key: "2", elements: 1, shape: [1] })),
  );
  const files = [
    torchZip(two, { 2: floats(5), 1: STORAGE }),
    torchLegacy({
      value: two,
      keys: ["2", "1"],
      storages: [
        [1, floats(5)],
        [4, STORAGE],
      ],
    }),
  ];
  for (const data of files) {
    const file = await open(data);
    for (const [name, expected] of [
      ["a", STORAGE],
      ["b", floats(5)],
    ] as const) {
      const { root } = tensorNamed(file, name).storage;
      const place = (await file.locate(root)) ?? 0;
      assert.deepEqual(data.slice(place, place + root.bytes), expected);
      assert.deepEqual(await file.readWhole(root, 16), expected);
      await rejects(file.readWhole(root, 3), "bytes: ", /the most that is read into memory is 3/);
    }
  }
});

test("finds a part of a legacy storage, as older torch wrote shared ones", async () => {
  const part = tuple(text("5"), integer(1), integer(2));
  const file = await open(
    torchLegacy({ ...LEGACY, value: pickle(dict(text("a"), tensor({ part, shape: [2] }))) }),
  );
  const { begin, bytes: length } = tensorNamed(file, "a").storage;
  assert.deepEqual([begin, length], [4, 8]);
});
