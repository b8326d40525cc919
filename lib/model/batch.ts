/** Prompts and completions as the flat arrays of the wall, and results back into lists. Pure. */
import { streamOf } from "../core/rng.js";
import type { ClipHandle, GenerateResult, GroupBatch, PromptBatch } from "../native/binding.js";
import type { Completion, CompletionLike, PromptInput } from "./types.js";

/** Arrays end to end with where each begins. */
export function joined(parts: readonly ArrayLike<number>[]): { tokens: Int32Array; offsets: Int32Array } {
  const offsets = new Int32Array(parts.length + 1);
  parts.forEach((part, i) => {
    offsets[i + 1] = (offsets[i] as number) + part.length;
  });
  const tokens = new Int32Array(offsets[parts.length] as number);
  parts.forEach((part, i) => tokens.set(part, offsets[i]));
  return { tokens, offsets };
}

export function promptBatch(
  prompts: readonly PromptInput[],
  clips: readonly (ClipHandle | null)[],
): PromptBatch {
  return { ...joined(prompts.map(({ inputIds }) => inputIds)), clips };
}

export function tokensOf(completion: CompletionLike): Int32Array {
  return completion instanceof Int32Array ? completion : completion.tokens;
}

export function groupBatch(
  groups: readonly { readonly prompt: PromptInput; readonly completions: readonly CompletionLike[] }[],
  clips: readonly (ClipHandle | null)[],
): GroupBatch {
  return {
    prompts: promptBatch(
      groups.map(({ prompt }) => prompt),
      clips,
    ),
    samples: Int32Array.from(groups, ({ completions }) => completions.length),
    ...joined(groups.flatMap(({ completions }) => completions.map(tokensOf))),
  };
}

/** The 64-bit name of a stream. */
export function streamName(stream: bigint | string): bigint {
  return typeof stream === "bigint" ? BigInt.asUintN(64, stream) : streamOf(stream);
}

/** [prompts][samples] of a flat result. */
export function completionsOf(result: GenerateResult, samples: readonly number[]): Completion[][] {
  let next = 0;
  return samples.map((count) =>
    Array.from({ length: count }, () => {
      const [begin, end] = [result.offsets[next], result.offsets[next + 1]];
      const stop = result.stops[next++] === 0 ? "end" : "length";
      return { tokens: result.tokens.slice(begin, end), logProbs: result.logProbs.slice(begin, end), stop };
    }),
  );
}
