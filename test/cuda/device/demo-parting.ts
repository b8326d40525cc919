/** Where two runs of the same training first chose another token, and how close the choice was. */
import { uniform } from "../../../lib/core/rng.js";
import type { Completion, Prompt } from "../../../lib/index.js";
import { nativeModel } from "../../../lib/model/model.js";
import { logits } from "../../../lib/parity.js";
import { extended } from "../../helpers/small-model.js";
import { type DemoRun, modelBefore } from "./demo-run.js";

export interface Parting {
  /** From 1. */
  readonly step: number;
  readonly group: number;
  readonly sample: number;
  readonly position: number;
  readonly tokens: readonly [number | undefined, number | undefined];
}

/** null where every token is the same. */
export function firstParting(a: DemoRun, b: DemoRun): Parting | null {
  for (const [s, { groups }] of a.rollouts.entries()) {
    for (const [group, samples] of groups.entries()) {
      for (const [sample, { tokens }] of samples.entries()) {
        const other = b.rollouts[s]?.groups[group]?.[sample]?.tokens ?? new Int32Array();
        const longest = Math.max(tokens.length, other.length);
        for (let position = 0; position < longest; position++)
          if (tokens[position] !== other[position])
            return { step: s + 1, group, sample, position, tokens: [tokens[position], other[position]] };
      }
    }
  }
  return null;
}

/** How far the uniform number of that choice lies from the nearest boundary between two tokens, by this run's model. */
export async function margin(run: DemoRun, { step, group, sample, position }: Parting): Promise<number> {
  const { prompts, groups } = run.rollouts[step - 1] as DemoRun["rollouts"][number];
  const prompt = prompts[group] as Prompt;
  const { tokens } = (groups[group] as readonly Completion[])[sample] as Completion;
  const clip = await run.reopen(prompt);
  const model = await modelBefore(run, step);
  try {
    const { data, shape } = await logits(
      model,
      extended({ inputIds: prompt.inputIds, clip }, tokens.subarray(0, position)),
    );
    const vocabulary = shape[1] as number;
    const row = data.subarray(data.length - vocabulary);
    const best = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const image = nativeModel(model).checkpoint.geometry.imageToken;
    const weights = Array.from(row, (value, id) => (id === image ? 0 : Math.exp(value - best)));
    const mass = weights.reduce((sum, weight) => sum + weight, 0);
    const wanted = uniform(BigInt(prompt.stream), sample, position);
    let [reached, nearest] = [0, Number.POSITIVE_INFINITY];
    for (const weight of weights) {
      reached += weight / mass;
      nearest = Math.min(nearest, Math.abs(reached - wanted));
    }
    return nearest;
  } finally {
    model.dispose();
    clip.dispose();
  }
}
