/** What tells one checkpoint folder from another without reading all its weights. Opens nothing natively. */
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../core/digest.js";
import { refuse } from "../core/refuse.js";
import { readIfThere } from "../core/text-file.js";
import { CONVERSATION_FILE } from "../text/conversation.js";
import { TOKENIZER_FILES } from "../tokenizer/tokenizer.js";
import {
  type Comparison,
  weightDifferences,
  weightIdentity,
  weightIdentitySchema,
} from "../weights/identity.js";
import { weightFiles } from "../weights/shards.js";
import { CONFIG_FILE, noCheckpoint } from "./no-checkpoint.js";
import { SETTINGS_FILE } from "./settings.js";

/** Every file beside the weights that changes what the model is asked or answers. */
const SMALL_FILES = [
  CONFIG_FILE,
  "generation_config.json",
  SETTINGS_FILE,
  CONVERSATION_FILE,
  ...TOKENIZER_FILES,
];

export const checkpointIdentitySchema = z.strictObject({
  /** File name → SHA-256 of its bytes, config.json always among them. */
  files: z.record(z.string(), z.string()),
  /** In the order of their names. */
  weights: z.array(weightIdentitySchema),
});

export type CheckpointIdentity = z.output<typeof checkpointIdentitySchema>;

/**
 * @param dir  a checkpoint folder; shipped names are not known here.
 * @throws {EngineError} E_FORMAT when it has no config.json or no weights, or a file of it cannot be read.
 */
export async function checkpointIdentity(dir: string): Promise<CheckpointIdentity> {
  const files: Record<string, string> = {};
  for (const name of SMALL_FILES) {
    const bytes = await readIfThere(join(dir, name));
    if (bytes !== null) files[name] = sha256(bytes);
    else if (name === CONFIG_FILE) refuse(dir, null, await noCheckpoint(dir));
  }
  const weights = [];
  for (const name of await weightFiles(dir)) weights.push(await weightIdentity(join(dir, name)));
  return { files, weights };
}

/** What differs, in words, one line each; empty when it is the same checkpoint. */
export function checkpointDifferences(
  then: CheckpointIdentity,
  now: CheckpointIdentity,
  comparison: Comparison = {},
): string[] {
  const files = bothNames(Object.keys(then.files), Object.keys(now.files)).flatMap((name) =>
    difference(name, then.files[name], now.files[name], (a, b) => (a === b ? [] : [`${name} has changed`])),
  );
  const [old, fresh] = [then, now].map(({ weights }) => new Map(weights.map((one) => [one.name, one])));
  const weights = bothNames(old?.keys() ?? [], fresh?.keys() ?? []).flatMap((name) =>
    difference(name, old?.get(name), fresh?.get(name), (a, b) => weightDifferences(a, b, comparison)),
  );
  return [...files, ...weights];
}

function bothNames(one: Iterable<string>, other: Iterable<string>): string[] {
  return [...new Set([...one, ...other])];
}

function difference<T>(
  name: string,
  then: T | undefined,
  now: T | undefined,
  compare: (then: T, now: T) => string[],
): string[] {
  if (now === undefined) return [`${name} is gone`];
  return then === undefined ? [`${name} was not there`] : compare(then, now);
}
