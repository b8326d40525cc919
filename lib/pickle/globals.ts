/**
 * Every name of Python that a file of tensors may hold, and what stands for it here. The list is all there is: a name
 * that is not on it is refused, and nothing of Python is looked up or run. Beside tensors it has what torch's own
 * loader takes with weights_only=True.
 *
 * Source: torch/serialization.py, torch/_utils.py and torch/_weights_only_unpickler.py, versions 0.4 to 2.14.
 */

import type { StoredDType } from "../core/element-types.js";
import { Problem } from "../core/problem.js";
import { printable } from "../core/refuse.js";
import {
  rebuildFromType,
  rebuildOldTensor,
  rebuildParameter,
  rebuildParameterWithState,
  rebuildTensor,
  rebuildTypedTensor,
} from "./tensor.js";
import { Dict, Global, kindOf, List, Other, type Spend, Tuple, type Value } from "./values.js";

/** Calls whose arguments say nothing of tensors; Python 2 and pickles of protocol 2 have another name for `builtins`. */
const OTHERS = [
  "_codecs.encode",
  ...["builtins", "__builtin__"].flatMap((module) =>
    ["bytearray", "bytes", "complex", "frozenset", "set"].map((name) => `${module}.${name}`),
  ),
  "collections.Counter",
  "torch.device",
  "torch.serialization._get_layout",
];

const FUNCTIONS = {
  "collections.OrderedDict": orderedDict,
  "torch.Size": size,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch._utils._rebuild_parameter_with_state": rebuildParameterWithState,
  "torch._utils._rebuild_tensor": rebuildOldTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTypedTensor,
};

const STORAGES: Readonly<Record<string, StoredDType>> = {
  "torch.BFloat16Storage": "BF16",
  "torch.BoolStorage": "BOOL",
  "torch.ByteStorage": "U8",
  "torch.CharStorage": "I8",
  "torch.DoubleStorage": "F64",
  "torch.FloatStorage": "F32",
  "torch.HalfStorage": "F16",
  "torch.IntStorage": "I32",
  "torch.LongStorage": "I64",
  "torch.ShortStorage": "I16",
  "torch.storage.UntypedStorage": "U8",
};

const DTYPES: Readonly<Record<string, StoredDType>> = {
  "torch.bfloat16": "BF16",
  "torch.bool": "BOOL",
  "torch.float16": "F16",
  "torch.float32": "F32",
  "torch.float64": "F64",
  "torch.float8_e4m3fn": "F8_E4M3",
  "torch.float8_e5m2": "F8_E5M2",
  "torch.int16": "I16",
  "torch.int32": "I32",
  "torch.int64": "I64",
  "torch.int8": "I8",
  "torch.uint16": "U16",
  "torch.uint32": "U32",
  "torch.uint64": "U64",
  "torch.uint8": "U8",
};

/** Types that no tensor here has, and what is a value by itself. */
const WORDS = [
  "complex32 complex64 complex128 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2",
  "qint8 qint32 quint8 quint4x2 quint2x4 per_tensor_affine per_tensor_symmetric per_channel_affine",
  "per_channel_symmetric per_channel_affine_float_qparams Tensor nn.parameter.Parameter",
].flatMap((line) => line.split(" ").map((name) => `torch.${name}`));

const GLOBALS: ReadonlyMap<string, Global> = new Map(
  [
    ...Object.entries(FUNCTIONS).map(([name, call]) => new Global(name, { kind: "function", call })),
    ...OTHERS.map((name) => new Global(name, { kind: "function", call: () => new Other(name) })),
    ...WORDS.map((name) => new Global(name, { kind: "word" })),
    ...Object.entries(STORAGES).map(([name, dtype]) => new Global(name, { kind: "storage", dtype })),
    ...Object.entries(DTYPES).map(([name, dtype]) => new Global(name, { kind: "dtype", dtype })),
  ].map((known) => [known.name, known]),
);

/** @throws {Problem} naming module and global when they are not on the list. */
export function findGlobal(module: string, name: string): Global {
  const known = GLOBALS.get(`${module}.${name}`);
  if (known !== undefined) return known;
  const problem =
    `${printable(module)}.${printable(name)} is not among the names that a file of tensors needs; ` +
    "nothing of the file is run, so it is refused. Where you trust it, save its state dict alone";
  throw new Problem(problem);
}

function size(args: readonly Value[]): Tuple {
  const [sizes] = args;
  if (args.length === 1 && sizes instanceof Tuple) return sizes;
  throw new Problem(`torch.Size: expected one tuple, found ${kindOf(sizes)}`);
}

/** OrderedDict(), filled later; Python 2 hands the pairs over at once. */
function orderedDict(args: readonly Value[], spend: Spend): Dict {
  const dict = new Dict();
  const [pairs] = args;
  if (pairs === undefined) return dict;
  if (args.length > 1 || !(pairs instanceof List))
    throw new Problem(`OrderedDict: expected a list of pairs, found ${kindOf(pairs)}`);
  spend(pairs.items.length);
  for (const pair of pairs.items) {
    const items = pair instanceof List || pair instanceof Tuple ? pair.items : [];
    const [key, value] = items;
    if (key === undefined || value === undefined || items.length !== 2)
      throw new Problem(`OrderedDict: expected a pair, found ${kindOf(pair)}`);
    dict.entries.push([key, value]);
  }
  return dict;
}
