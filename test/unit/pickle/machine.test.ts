/** The pickle machine against what attackers and broken files write: each is refused by name, nothing is run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpickle } from "../../../lib/pickle/machine.js";
import { StorageTable } from "../../../lib/pickle/storage.js";
import { Dict, kindOf, List, Tuple, type Value } from "../../../lib/pickle/values.js";
import {
  bytes,
  dict,
  integer,
  type Piece,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  uint32,
  uint64,
} from "../../helpers/pickles.js";
import { assertRefusal } from "../../helpers/refused.js";

const FILE = "evil.pyth";
/** GLOBAL of a dict's class, for calls that go wrong. */
const ORDERED_DICT = "ccollections\nOrderedDict\n";

function run(data: Uint8Array) {
  const storages = new StorageTable();
  const context = { file: FILE, entry: "archive/data.pkl", persistent: (id: Value) => storages.declare(id) };
  return unpickle(data, 0, context);
}

function refused(data: Uint8Array, expected: RegExp): void {
  assert.throws(
    () => run(data),
    (error) => {
      assertRefusal(error, `${FILE}: archive/data.pkl`, expected);
      return true;
    },
  );
}

const CODE: readonly (readonly [what: string, pieces: readonly Piece[], expected: RegExp])[] = [
  [
    "a call of the shell",
    ["cposix\nsystem\n", tuple(text("id")), "R"],
    /, byte 2: posix\.system is not among/,
  ],
  ["a call by STACK_GLOBAL", [text("os"), text("system"), 0x93], /, byte 20: os\.system is not among/],
  ["builtins.eval", ["cbuiltins\neval\n", tuple(text("1")), "R"], /builtins\.eval/],
  ["the builtins of Python 2", ["c__builtin__\nexec\n"], /__builtin__\.exec/],
  ["getattr, by which others are reached", ["cbuiltins\ngetattr\n"], /builtins\.getattr/],
  ["a class by INST", ["(", text("id"), "ios\nsystem\n"], /the opcode INST of os\.system/],
  ["a class by OBJ", ["(cos\nsystem\n", text("id"), "o"], /os\.system/],
  ["OBJ of a name that is on the list", ["(", ORDERED_DICT, "o"], /the opcode OBJ/],
  ["NEWOBJ of a foreign class", ["csubprocess\nPopen\n)", 0x81], /subprocess\.Popen/],
  ["NEWOBJ of a class that is on the list", [ORDERED_DICT, ")", 0x81], /the opcode NEWOBJ /],
  ["NEWOBJ_EX", [ORDERED_DICT, ")}", 0x92], /the opcode NEWOBJ_EX/],
  ["an extension code", [0x82, 1], /the opcode EXT1/],
  ["an extension code of four bytes", [0x84, uint32(1)], /the opcode EXT4/],
  ["torch's own loader", ["ctorch.storage\n_load_from_bytes\n"], /torch\.storage\._load_from_bytes/],
  ["a whole module", ["ctorch.nn.modules.linear\nLinear\n)", 0x81], /torch\.nn\.modules\.linear\.Linear/],
  ["settings of a command line", ["cargparse\nNamespace\n)R"], /argparse\.Namespace/],
  ["a name that Object's prototype has", ["cconstructor\nname\n"], /constructor\.name/],
  ["a path of names", [text("torch._utils"), text("_rebuild_tensor_v2.__globals__"), 0x93], /__globals__/],
  ["a name that a terminal would obey", [text("os"), text("\u001b[2Jsystem"), 0x93], /os\.\\u001b\[2Jsystem/],
  ["an empty name", [text(""), text(""), 0x93], /: \. is not among/],
  ["a persistent id that is text", ["P0\n"], /the opcode PERSID/],
  [
    "a persistent id of a module",
    [tuple(text("module"), "N", "N", "N"), "Q"],
    /the persistent id of a storage, found "module"/,
  ],
  ["a persistent id that is no tuple", ["NQ"], /the persistent id of a storage, found None/],
  [
    "a storage whose type is a function",
    [tuple(text("storage"), ORDERED_DICT, text("0"), "N", "K", 1), "Q"],
    /the type of a storage, found collections\.OrderedDict/,
  ],
  [
    "a storage whose type is a dtype",
    [storage({ type: "float32" })],
    /the type of a storage, found torch\.float32/,
  ],
  [
    "a storage whose type is text",
    [tuple(text("storage"), text("x"), text("0"), "N", "K", 1), "Q"],
    /the type of a storage/,
  ],
];

for (const [what, pieces, expected] of CODE) {
  test(`refuses ${what}`, () => refused(pickle(...pieces), expected));
}

const BROKEN: readonly (readonly [what: string, data: Uint8Array, expected: RegExp])[] = [
  ["no bytes", bytes(), /byte 0: expected 1 more bytes, found 0/],
  ["nothing before STOP", pickle(), /takes a value where none is/],
  ["two values before STOP", pickle("NN"), /expected one value at the end/],
  ["a MARK before STOP", pickle("N("), /takes a value where none is/],
  ["a tuple of more than the stack", pickle("N", 0x86), /byte 3: takes a value where none is/],
  ["a tuple that reaches below a MARK", pickle("N(", 0x85), /takes a value where none is/],
  ["POP", pickle("0"), /the opcode POP /],
  ["a TUPLE without MARK", pickle("Nt"), /expected a MARK before/],
  ["items of no dict", pickle("](NNu"), /sets items of a List/],
  ["half an item", pickle("}(Nu"), /a value for every key/],
  ["appending to no list", pickle("}Na"), /appends to a Dict/],
  ["recalling what was never remembered", pickle("h", 3), /recalls value 3/],
  ["recalling far away", pickle("j", uint32(0xffffffff)), /recalls value 4294967295/],
  [
    "remembering far away",
    pickle("Nr", uint32(0xfffffff0)),
    /remembers a value as number 4294967280 after 0/,
  ],
  ["remembering nothing", pickle("q", 0), /takes a value where none is/],
  ["a memo that is itself missing", pickle("h", 0), /recalls value 0/],
  ["an opcode of no protocol", pickle(0xff), /the opcode 0xff/],
  ["protocol 1", bytes(0x80, 1, "N."), /protocol 2 to 5, found 1/],
  ["protocol 6", bytes(0x80, 6, "N."), /protocol 2 to 5, found 6/],
  ["a call of no name", pickle(text("os.system"), ")R"), /calls a string with a Tuple/],
  ["a call of a type", pickle("ctorch\nFloatStorage\n)R"), /calls torch\.FloatStorage/],
  ["a call of a value made by a call", pickle(ORDERED_DICT, ")R)R"), /calls a Dict/],
  ["a call with a list", pickle(ORDERED_DICT, "]R"), /calls collections\.OrderedDict with a List/],
  ["attributes of no dict", pickle("]}b"), /gives a List the attributes of a Dict/],
  ["attributes that are text", pickle("}", text("x"), "b"), /attributes of a string/],
  [
    "a name that is a number",
    pickle("K", 1, "K", 2, 0x93),
    /text of a module and a name, found a number and a number/,
  ],
  ["a name without an end", pickle("cposix"), /expected a line/],
  ["text that is not UTF-8", pickle("X", uint32(1), 0xff), /expected UTF-8 text/],
  ["half a surrogate", pickle("X", uint32(3), 0xed, 0xa0, 0x80), /expected UTF-8 text/],
  ["text longer than the file", pickle("X", uint32(0xffffffff)), /expected 4294967295 more bytes, found 1/],
  ["text of 2^63 bytes", pickle(0x8d, uint64(2n ** 63n)), /more bytes, found 1/],
  ["bytes of 2^64 - 1", pickle(0x8e, uint64(2n ** 64n - 1n)), /more bytes, found 1/],
  ["text of a negative length", pickle("T", uint32(0x80000000)), /expected -2147483648 more bytes/],
  [
    "a frame beyond the file",
    pickle(0x95, uint64(2n ** 62n)),
    /a frame claims 4611686018427388000 bytes, 1 are left/,
  ],
  ["a number of 2 GB", pickle(0x8b, uint32(0x7fffffff)), /at most 255 bytes, found 2147483647/],
  ["a number of negative length", pickle(0x8b, uint32(0xffffffff)), /expected -1 more bytes/],
  ["a number of 256 bytes", pickle(0x8b, uint32(256), new Uint8Array(256)), /at most 255 bytes, found 256/],
  ["items added to no set", pickle("](N", 0x90), /adds items to a List/],
  ["items added to a device", pickle("ctorch\ndevice\n)R(N", 0x90), /adds items to torch\.device/],
  ["items added to nothing", pickle("(N", 0x90), /takes a value where none is/],
  ["a call of a word", pickle("ctorch\nTensor\n)R"), /calls torch\.Tensor with a Tuple/],
  ["a dict of one thing", pickle(ORDERED_DICT, tuple("](Ne"), "R"), /OrderedDict: expected a pair/],
  ["a dict of text", pickle(ORDERED_DICT, tuple(text("ab")), "R"), /OrderedDict: expected a list of pairs/],
  ["a size that is no tuple", pickle("ctorch\nSize\n", tuple("]"), "R"), /torch\.Size: expected one tuple/],
];

for (const [what, data, expected] of BROKEN) {
  test(`refuses ${what}`, () => refused(data, expected));
}

const V2 = "ctorch._utils\n_rebuild_tensor_v2\n";
const TYPED = "ctorch._tensor\n_rebuild_from_type_v2\n";

/** A tensor with attributes of Python, as torch 2 writes it. */
function typed(callee: Piece, type: Piece = "ctorch\nTensor\n", attributes: Piece = "}"): Uint8Array {
  const parts = tuple(storage(), integer(0), tuple(integer(4)), tuple(integer(1)), 0x89, "}");
  return bytes(TYPED, tuple(callee, type, parts, attributes), "R");
}

const TENSORS: readonly (readonly [what: string, data: Uint8Array, expected: RegExp])[] = [
  ["past the end of its storage", tensor({ shape: [5] }), /ends at byte 20 of storage 0, which has 16/],
  ["that begins past the end", tensor({ offset: 4, shape: [1] }), /ends at byte 20/],
  ["whose strides leave the storage", tensor({ shape: [2, 2], strides: [3, 1] }), /ends at byte 20/],
  ["of 10^18 elements", tensor({ shape: [10 ** 18], strides: [0] }), /sizes and strides ≥ 0|too large/],
  [
    "of 10^18 elements on two axes",
    tensor({ shape: [10 ** 9, 10 ** 9], strides: [0, 0] }),
    /too large for any file/,
  ],
  ["whose last place overflows", tensor({ shape: [2 ** 40], strides: [2 ** 50] }), /ends at byte/],
  ["of negative size", tensor({ shape: [-1] }), /sizes and strides ≥ 0, found -1/],
  ["of negative stride", tensor({ strides: [-1] }), /sizes and strides ≥ 0, found -1/],
  ["that begins before its storage", tensor({ offset: -1 }), /expected where a tensor begins/],
  [
    "of a broken size",
    bytes(
      "ctorch._utils\n_rebuild_tensor_v2\n",
      tuple(storage(), "K", 0, tuple("G", 0x3f, 0xf8, new Uint8Array(6)), tuple("K", 1), 0x89, "}"),
      "R",
    ),
    /sizes and strides ≥ 0, found 1\.5/,
  ],
  [
    "of more strides than axes",
    tensor({ shape: [4], strides: [1, 1] }),
    /as many strides as axes, found 2 for 1/,
  ],
  [
    "of 65 axes",
    tensor({ shape: Array<number>(65).fill(1), strides: Array<number>(65).fill(1) }),
    /at most 64 sizes/,
  ],
  [
    "without a storage",
    bytes("ctorch._utils\n_rebuild_tensor_v2\n", tuple("NNNNNN"), "R"),
    /the storage of a tensor, found None/,
  ],
  [
    "of too few parts",
    bytes("ctorch._utils\n_rebuild_tensor_v2\n", tuple(storage()), "R"),
    /6 or 7 parts of a tensor, found 1/,
  ],
  [
    "of no dtype",
    bytes("ctorch._utils\n_rebuild_tensor_v3\n", tuple("NNNNNNN"), "R"),
    /7 or 8 parts of a tensor with its dtype/,
  ],
  [
    "whose dtype is a storage type",
    bytes("ctorch._utils\n_rebuild_tensor_v3\n", tuple("NNNNNN", "ctorch\nFloatStorage\n"), "R"),
    /expected a dtype, found torch\.FloatStorage/,
  ],
  [
    "that is a parameter of nothing",
    bytes("ctorch._utils\n_rebuild_parameter\n", tuple("NNN"), "R"),
    /a tensor for a parameter, found None/,
  ],
  [
    "of old whose parts are more",
    bytes("ctorch._utils\n_rebuild_tensor\n", tuple("NNNNN"), "R"),
    /the 4 parts of a tensor, found 5/,
  ],
  [
    "that is a parameter with attributes of nothing",
    bytes("ctorch._utils\n_rebuild_parameter_with_state\n", tuple("NNNN"), "R"),
    /a tensor for a parameter, found None/,
  ],
  ["of a type that is none", typed(V2, "ctorch\nSize\n"), /the type of a tensor, found torch\.Size/],
  [
    "rebuilt by what makes none",
    typed("ctorch\nSize\n"),
    /what rebuilds a tensor, found torch\.Size of a Tuple/,
  ],
  [
    "rebuilt by what rebuilds",
    typed(TYPED),
    /what rebuilds a tensor, found torch\._tensor\._rebuild_from_type_v2/,
  ],
  ["rebuilt of no parts", bytes(TYPED, tuple(V2, "ctorch\nTensor\n", "]", "}"), "R"), /of a List/],
  ["over -1 elements", tensor({ elements: -1 }), /a number of elements for storage 0, found -1/],
  ["over 2^62 elements", tensor({ elements: 2n ** 62n }), /a number of elements for storage 0/],
  ["over a storage with a long key", tensor({ key: "1".repeat(65) }), /short key of a storage/],
  [
    "over a part past its storage's end",
    tensor({ part: tuple(text("1"), integer(3), integer(2)) }),
    /a part of storage 0 ends at byte 20, it has 16/,
  ],
];

for (const [what, value, expected] of TENSORS) {
  test(`refuses a tensor ${what}`, () => refused(pickle(value), expected));
}

test("refuses one storage of two sizes or two types", () => {
  const pair = (second: Uint8Array) => pickle("](", tensor(), second, "e");
  refused(pair(tensor({ elements: 5 })), /storage 0 is F32 of 20 bytes here and F32 of 16 before/);
  refused(pair(tensor({ type: "IntStorage" })), /storage 0 is I32 of 16 bytes here and F32 of 16 before/);
});

test("refuses every beginning of a pickle that is cut short", () => {
  const whole = pickle(dict(text("model_state"), dict(text("a"), tensor()), text("epoch"), "K", 3));
  assert.ok(run(whole).value instanceof Dict);
  for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length), /./);
});

test("takes no more steps than it allows, whatever they are", () => {
  const most = 2_100_000;
  refused(bytes(0x80, 2, new Uint8Array(most).fill(0x29)), /more than 2000000 steps/);
  refused(bytes(0x80, 2, "N", new Uint8Array(most).fill(0x85)), /more than 2000000 steps/);
  // A long list handed over again and again costs its length each time.
  const list = bytes("](", ...Array.from({ length: 2000 }, () => bytes("NN", 0x86)), "eq", 0);
  const calls = Array.from({ length: 2000 }, () => bytes(ORDERED_DICT, "h", 0, 0x85, "R"));
  refused(bytes(0x80, 2, list, ...calls), /more than 2000000 steps/);
});

test("holds values that contain themselves", () => {
  const { value } = run(pickle("]q", 0, "h", 0, "a"));
  assert.ok(value instanceof List);
  assert.equal(value.items[0], value);
});

test("reads beside tensors what torch's own loader of weights alone takes", () => {
  const words = (value: Piece) => tuple(value, text("latin1"));
  const made = (name: string, args: Uint8Array) => bytes(`c${name.replace(/\.(\w+)$/, "\n$1")}\n`, args, "R");
  const pieces: readonly (readonly [piece: Uint8Array, kind: string])[] = [
    [made("torch.device", tuple(text("cuda"), "K", 1)), "torch.device"],
    [made("__builtin__.set", tuple("](K\u0001K\u0002e")), "__builtin__.set"],
    [made("builtins.set", tuple("]")), "builtins.set"],
    [bytes(0x8f, "(K", 1, "K", 2, 0x90), "builtins.set"],
    [bytes("(K", 1, 0x91), "builtins.set"],
    [made("_codecs.encode", words(text("abÿ"))), "_codecs.encode"],
    [made("__builtin__.bytearray", tuple(made("_codecs.encode", words(text("a"))))), "__builtin__.bytearray"],
    [bytes(0x96, uint64(2), "ab"), "a Uint8Array"],
    [made("collections.Counter", tuple(dict(text("a"), "K", 2))), "collections.Counter"],
    [made("builtins.complex", tuple("K", 1, "K", 2)), "builtins.complex"],
    [
      made("torch.serialization._get_layout", tuple(text("torch.strided"))),
      "torch.serialization._get_layout",
    ],
    [bytes("ctorch\ncomplex64\n"), "torch.complex64"],
    [bytes("ctorch\nper_tensor_affine\n"), "torch.per_tensor_affine"],
    [typed(V2), "a Tensor"],
    [typed(V2, "ctorch.nn.parameter\nParameter\n", dict(text("_is_buffer"), 0x88)), "a Tensor"],
    [made("torch._utils._rebuild_parameter_with_state", tuple(tensor(), 0x88, "}", "}")), "a Tensor"],
    [
      made("torch._utils._rebuild_tensor", tuple(storage(), "K", 0, tuple("K", 4), tuple("K", 1))),
      "a Tensor",
    ],
    [bytes(0x8a, 26, new Uint8Array(26).fill(1)), "a bigint"],
    [bytes(0x8a, 255, new Uint8Array(255).fill(0x7f)), "a bigint"],
  ];
  const { value } = run(pickle("](", ...pieces.map(([piece]) => piece), "e"));
  assert.ok(value instanceof List);
  assert.deepEqual(
    value.items.map(kindOf),
    pieces.map(([, kind]) => kind),
  );
});

test("reads what scripts keep beside the weights", () => {
  const written = pickle(
    "](",
    text("größe"),
    ...["K", 255, "M", 1, 2, "J", uint32(0xfffffffe), integer(2 ** 40), 0x8a, 0],
    ...[0x8a, 9, uint64(2n ** 64n - 1n), 0, 0x88, 0x89, "N", "G", 0x3f, 0xe0, new Uint8Array(6)],
    ...["U", 2, "py", "C", 1, 7, ORDERED_DICT, tuple(bytes("](", text("k"), "K", 1, 0x86, "e")), "R"],
    ...["ctorch\nSize\n", tuple(tuple("K", 2)), "R"],
    "e",
  );
  const { value, end } = run(bytes(written, "what follows"));
  assert.equal(end, written.length);
  assert.ok(value instanceof List);
  const [dictionary, size] = value.items.slice(-2);
  assert.deepEqual(value.items.slice(0, -2), [
    ...["größe", 255, 513, -2, 2 ** 40, 0, 2n ** 64n - 1n, true, false, null, 0.5, "py"],
    Uint8Array.of(7),
  ]);
  assert.ok(dictionary instanceof Dict && size instanceof Tuple);
  assert.deepEqual([dictionary.entries, size.items], [[["k", 1]], [2]]);
});
