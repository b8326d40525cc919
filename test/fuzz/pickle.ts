/**
 * Fuzz target: files of torch.save in both formats. Inputs grow from recorded files and from handwritten ones, whose
 * pickle is changed before it is put into its container, or whose bytes are changed afterwards. Of what is taken every
 * tensor is read, which must give as many bytes as its shape says.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ELEMENT_BYTES } from "../../lib/core/element-types.js";
import { refusing } from "../../lib/core/problem.js";
import type { Draws } from "../../lib/core/rng.js";
import { OPCODES } from "../../lib/pickle/opcodes.js";
import type { Tensor } from "../../lib/pickle/values.js";
import { selectStateDict } from "../../lib/torch-file/state-dict.js";
import { gather } from "../../lib/torch-file/tensor-bytes.js";
import { openTorchFile } from "../../lib/torch-file/torch-file.js";
import { bytesSource } from "../helpers/bytes-source.js";
import { goldenPath } from "../helpers/goldens.js";
import * as write from "../helpers/pickles.js";
import { zipArchive } from "../helpers/zip.js";
import { joined, mutate, once, oneOf } from "./draw.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = [
  ...["cursor", "zip", "zip-directory"].map((name) => `lib/core/${name}.ts`),
  ...["literals", "machine"].map((name) => `lib/pickle/${name}.ts`),
  ...["legacy", "torch-file", "torch-zip"].map((name) => `lib/torch-file/${name}.ts`),
];

/** Tensors that are read; a larger one is left, as it may repeat few bytes many times. */
const MAX_READ_BYTES = 2 ** 20;
const STORAGE = write.floats(1, 2, 3, 4);

const RECORDED = ["zip-2", "zip-4", "legacy-2", "legacy-4", "deflated"].map(
  (name) => new Uint8Array(readFileSync(goldenPath(`pickle/${name}.pt`))),
);

const BYTES = [
  "2",
  "0",
  "1",
  "i",
  "o",
  "(",
  "t",
  "R",
  "b",
  "}",
  "]",
  ")",
  "Q",
  "N",
  ".",
  0x81,
  0x85,
  0x93,
  0x94,
];
const GLOBALS = [
  "posix\nsystem\n",
  "builtins\neval\n",
  "collections\nOrderedDict\n",
  "torch\nSize\n",
  "torch\nuint16\n",
  "torch\ndevice\n",
  "torch\nTensor\n",
  "__builtin__\nset\n",
  "torch._tensor\n_rebuild_from_type_v2\n",
  "torch._utils\n_rebuild_tensor_v2\n",
  "torch._utils\n_rebuild_parameter_with_state\n",
];
const WORDS: readonly Uint8Array[] = [
  ...Object.values(OPCODES).map((code) => Uint8Array.of(code)),
  ...BYTES.map((piece) => write.bytes(piece)),
  ...GLOBALS.map((name) => write.bytes("c", name)),
  ...[0, 1, 4, -1, 2 ** 31, 2 ** 40, 2n ** 63n].map((value) => write.integer(value)),
  ...[0, 0xffffffff, 0x7fffffff].map((length) => write.bytes("X", write.uint32(length))),
  write.bytes(OPCODES.FRAME, write.uint64(2n ** 32n)),
  write.bytes(OPCODES.BINUNICODE8, write.uint64(2n ** 64n - 1n)),
  ...[
    "model_state",
    "model_state_dict",
    "state_dict",
    "blocks.6.x",
    "__metadata__",
    "__proto__",
    "storage",
  ].map(write.text),
  ...[
    write.uint32(0xffffffff),
    write.uint64(2n ** 63n),
    write.bytes("PK\u0005\u0006"),
    write.bytes("PK\u0001\u0002"),
  ],
  ...[write.tensor(), write.storage(), write.tensor({ shape: [2, 2], strides: [1, 2] }), write.dict()],
];

/** A tensor whose parts are honest more often than not. */
function tensorPiece(draws: Draws): Uint8Array {
  const axes = draws.below(4);
  const shape = Array.from({ length: axes }, () => draws.below(4));
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const lies = [0, 1, 2, 5, -1, 2 ** 31, 2 ** 53, 2n ** 63n, 10 ** 12];
  const maybe = <T>(value: T): T | number | bigint => (once(draws, 12) ? oneOf(draws, lies) : value);
  return write.tensor({
    elements: maybe(4),
    offset: maybe(draws.below(2)),
    shape: shape.map(maybe),
    strides: strides.map(maybe),
    type: once(draws, 12) ? oneOf(draws, ["HalfStorage", "QInt8Storage", "float32", "Size"]) : "FloatStorage",
    ...(once(draws, 8)
      ? { part: write.tuple(write.text("1"), write.integer(maybe(1)), write.integer(maybe(3))) }
      : {}),
  });
}

function madeFile(draws: Draws): Uint8Array {
  const items = Array.from({ length: draws.below(5) }, (_, i) => [
    write.text(once(draws, 6) ? "blocks.6.x" : `t${i}`),
    once(draws, 8) ? oneOf(draws, WORDS) : tensorPiece(draws),
  ]).flat();
  let value = write.pickle(write.dict(...items));
  while (once(draws, 2)) value = mutate(draws, value, WORDS);
  if (once(draws, 2)) return write.torchLegacy({ value, keys: ["0"], storages: [[4, STORAGE]] });
  const zip64 = once(draws, 2);
  const parts = [
    { name: "a/data.pkl", data: value, deflate: once(draws, 4) },
    { name: "a/data/0", data: STORAGE, deflate: once(draws, 4) },
  ];
  return zipArchive(parts, { zip64 });
}

export function make(draws: Draws): Uint8Array {
  let file = once(draws, 4) ? oneOf(draws, RECORDED) : madeFile(draws);
  const changes = draws.below(4);
  for (let i = 0; i < changes; i++) file = mutate(draws, file, WORDS);
  return once(draws, 32) ? file.subarray(0, draws.below(file.length + 1)) : joined(file);
}

/** The byte after a tensor's last one, counted without rounding. */
function endOf({ shape, strides, offset, dtype }: Tensor): bigint {
  if (shape.includes(0)) return 0n;
  const places = shape.map((size, axis) => (BigInt(size) - 1n) * BigInt(strides[axis] ?? -1));
  return (places.reduce((sum, place) => sum + place, BigInt(offset)) + 1n) * BigInt(ELEMENT_BYTES[dtype]);
}

export function check(input: Uint8Array): Promise<boolean> {
  return takes(async () => {
    const file = await openTorchFile(bytesSource(input, INPUT_FILE));
    const { tensors } = refusing(INPUT_FILE, null, () => selectStateDict(file.value));
    for (const [name, tensor] of tensors) {
      assert.ok(endOf(tensor) <= BigInt(tensor.storage.bytes), `${name} lies inside its storage`);
      const bytes = tensor.count * ELEMENT_BYTES[tensor.dtype];
      if (bytes > MAX_READ_BYTES) continue;
      const whole = await file.readWhole(tensor.storage.root, MAX_READ_BYTES);
      assert.equal(whole.length, tensor.storage.root.bytes, name);
      const pieces = [...gather(tensor, whole)];
      assert.equal(
        pieces.reduce((sum, piece) => sum + piece.length, 0),
        bytes,
        name,
      );
    }
  });
}
