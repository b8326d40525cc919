/** What a run's list, prompt and weights are known by, so that it goes on with the same. Knows no model. */
import { z } from "zod";
import { checkpointDifferences, checkpointIdentitySchema } from "../checkpoint/identity.js";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { weightDifferences, weightIdentitySchema } from "../weights/identity.js";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Hashes are SHA-256 in hexadecimal. */
export const inputsSchema = z.strictObject({
  /** Of the list's bytes; of a dataset of a program's own, of its JSON. */
  list: hash.optional(),
  dataset: hash.optional(),
  /** Of the evaluation list's bytes; of an evaluation dataset of a program's own, of its JSON. */
  evalList: hash.optional(),
  evalDataset: hash.optional(),
  /** Of the prompt file's bytes. */
  prompt: hash.optional(),
  /** What a program gave beside the configuration, by option; runs of earlier versions did not keep it. */
  given: z.record(z.string(), z.string()).optional(),
  /** Of the bytes of each module with a reward, by the reward's name; not of what a module imports. */
  rewards: z.record(z.string(), hash).optional(),
  model: checkpointIdentitySchema,
  slowfast: weightIdentitySchema.optional(),
});

export type Inputs = z.output<typeof inputsSchema>;

/** Where a run's inputs lie. */
export interface InputPlaces {
  readonly model: string;
  readonly slowfast?: string | undefined;
  readonly data?: string | undefined;
  readonly prompt?: string | undefined;
  readonly evalData?: string | undefined;
}

/**
 * What differs between the inputs that a run began with and those that it would go on with, in words, one line each.
 *
 * @param places  where they lie now.
 * @param named   the ones whose place was named just now: copies, whose times are not compared.
 */
export function inputDifferences(
  then: Inputs,
  now: Inputs,
  places: InputPlaces,
  named: ReadonlySet<string>,
): string[] {
  const times = (key: "model" | "slowfast") => ({
    times: !named.has(key) && shippedCheckpoint(places[key] ?? "") === null,
  });
  const slowfast =
    then.slowfast === undefined || now.slowfast === undefined
      ? []
      : weightDifferences(then.slowfast, now.slowfast, times("slowfast"));
  return [
    ...changed("list", then.list, now.list, places.data),
    ...changed("dataset", then.dataset, now.dataset),
    ...changed("evaluation list", then.evalList, now.evalList, places.evalData),
    ...changed("evaluation dataset", then.evalDataset, now.evalDataset),
    ...changed("prompt", then.prompt, now.prompt, places.prompt),
    ...checkpointDifferences(then.model, now.model, times("model")).map(
      (line) => `model ${places.model}: ${line}`,
    ),
    ...slowfast.map((line) => `slowfast ${places.slowfast}: ${line}`),
  ];
}

/**
 * Modules of rewards that are others than a run began with, one line each. They are told and not refused: who mends a
 * reward that failed goes on with it.
 */
export function changedRewards(then: Inputs, now: Inputs, modules: ReadonlyMap<string, string>): string[] {
  return [...modules].flatMap(([name, file]) => {
    const [old, fresh] = [then.rewards?.[name], now.rewards?.[name]];
    // A run of an earlier version did not keep them.
    return old === undefined ? [] : changed(`the module of reward ${name},`, old, fresh, `${file},`);
  });
}

/** So many digits tell two hashes apart. */
const DIGITS = 12;

function changed(what: string, then: string | undefined, now: string | undefined, place?: string): string[] {
  if (then === now) return [];
  if (now === undefined) return [`the run began with a ${what}, and none is given`];
  if (then === undefined) return [`the run began without a ${what}, and one is given`];
  const [old, fresh] = [then, now].map((digest) => digest.slice(0, DIGITS));
  return [`${what}${place === undefined ? "" : ` ${place}`} has changed: SHA-256 ${fresh}…, it was ${old}…`];
}
