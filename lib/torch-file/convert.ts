/**
 * PyTorch's checkpoint files to safetensors: the state dict found, its tensors copied file to file. Knows no model, and
 * nothing of pickles but the values they give.
 */
import type { FileHandle } from "node:fs/promises";
import { fillFileAtomic, writeAt } from "../core/atomic-file.js";
import { type ByteSource, withFile } from "../core/byte-source.js";
import { checkPath } from "../core/check.js";
import { checkOutput, refuseOverlap } from "../core/output-place.js";
import { refusing } from "../core/problem.js";
import { refuse } from "../core/refuse.js";
import type { Root, Tensor } from "../pickle/values.js";
import { layOutSafetensors } from "../weights/safetensors.js";
import { type StateDict, selectStateDict } from "./state-dict.js";
import { contiguousRange, gather } from "./tensor-bytes.js";
import { openTorchFile } from "./torch-file.js";
import type { TorchFile } from "./torch-format.js";

/** Bytes that are copied at once. */
const CHUNK_BYTES = 2 ** 22;
/** A storage is read into memory where it is packed or where a tensor of it jumps about; a longer one is refused. */
const MAX_STORAGE_IN_MEMORY = 2 ** 28;
/**
 * Tensors may share bytes, or repeat them by strides of 0, and a few bytes can unpack to many. Four times the file and
 * a little are enough for every honest one, and a bound for the others.
 */
const MAX_GROWTH = 4;
const GROWTH_ALLOWANCE = 2 ** 24;

/** What was written, and what was left out. */
export interface Conversion extends Omit<StateDict, "tensors"> {
  readonly format: TorchFile["format"];
  /** Tensors written, and the size of the file. */
  readonly tensors: number;
  readonly bytes: number;
}

/**
 * Writes the tensors of a file of torch.save (its zip format or the one before torch 1.6) as safetensors. Nothing in
 * the file is executed. Names are kept; `num_batches_tracked` and SlowFast's head `blocks.6` are left out. Tensors are
 * made contiguous, and those that share a storage are written apart. An `output` that is there is replaced.
 *
 * @throws {EngineError} E_OPTION for what is no path, and when `output` is `input` or cannot be written; E_FORMAT, naming
 *   file and place, when the file cannot be read, lies about itself, or names anything of Python that tensors do not need;
 *   E_FORMAT when `output` cannot be written. What was at `output` is still there then.
 */
export async function convertCheckpoint(input: string, output: string): Promise<Conversion> {
  checkPath("input", input);
  checkPath("output", output);
  return withFile(input, async (source) => {
    const out = { name: "out", path: output };
    await refuseOverlap([out], [{ name: "the input", path: input }]);
    await checkOutput(out);
    const checkpoint = await openTorchFile(source);
    const { tensors, ...rest } = refusing(input, null, () => selectStateDict(checkpoint.value));
    const layout = layOutSafetensors(
      tensors.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
      { format: "pt" },
    );
    checkGrowth(source, "its tensors take", layout.bytes);
    const placed = tensors.map(([, tensor], i) => ({ tensor, begin: layout.begins[i] ?? 0 }));
    const sharers = byRoot(placed);
    await checkPacked(source, checkpoint, [...sharers.keys()]);
    await fillFileAtomic(output, async (handle) => {
      await writeAt(handle, layout.head, 0);
      for (const [root, sharing] of sharers) await copyStorage(source, checkpoint, root, sharing, handle);
    });
    return { format: checkpoint.format, tensors: tensors.length, bytes: layout.bytes, ...rest };
  });
}

interface Placed {
  readonly tensor: Tensor;
  /** First byte in the output. */
  readonly begin: number;
}

/** Each storage with the tensors that use it, so that it is read once. */
function byRoot(placed: readonly Placed[]): Map<Root, Placed[]> {
  const sharers = new Map<Root, Placed[]>();
  for (const one of placed) {
    const { root } = one.tensor.storage;
    const sharing = sharers.get(root);
    if (sharing === undefined) sharers.set(root, [one]);
    else sharing.push(one);
  }
  return sharers;
}

async function copyStorage(
  source: ByteSource,
  checkpoint: TorchFile,
  root: Root,
  sharing: readonly Placed[],
  handle: FileHandle,
): Promise<void> {
  const place = await checkpoint.locate(root);
  if (place !== null && sharing.every(({ tensor }) => tensor.contiguous)) {
    for (const { tensor, begin } of sharing) {
      const range = contiguousRange(tensor);
      await copyRange(source, place + range.begin, range.bytes, handle, begin);
    }
    return;
  }
  const whole = await checkpoint.readWhole(root, MAX_STORAGE_IN_MEMORY);
  for (const { tensor, begin } of sharing) {
    let at = begin;
    for (const piece of gather(tensor, whole)) {
      await writeAt(handle, piece, at);
      at += piece.length;
    }
  }
}

async function copyRange(
  source: ByteSource,
  from: number,
  bytes: number,
  handle: FileHandle,
  to: number,
): Promise<void> {
  const buffer = new Uint8Array(Math.min(bytes, CHUNK_BYTES));
  for (let done = 0; done < bytes; done += buffer.length) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, bytes - done));
    await source.read(chunk, from + done);
    await writeAt(handle, chunk, to + done);
  }
}

function checkGrowth({ file, size }: ByteSource, what: string, bytes: number): void {
  const most = MAX_GROWTH * size + GROWTH_ALLOWANCE;
  if (bytes > most)
    refuse(file, null, `${what} ${bytes} bytes, which a file of ${size} does not hold (at most ${most})`);
}

async function checkPacked(source: ByteSource, checkpoint: TorchFile, roots: readonly Root[]): Promise<void> {
  let packed = 0;
  for (const root of roots) if ((await checkpoint.locate(root)) === null) packed += root.bytes;
  checkGrowth(source, "its packed storages take", packed);
}
