/** Entries that a program gives instead of a list: held to a list's rules, each refused by its place. Opens no video. */
import { z } from "zod";
import { nearestName, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { listed, printable } from "../core/refuse.js";
import { expectedBy } from "../core/schema.js";
import { wholeText } from "../core/whole-text.js";
import type { Labels, ManifestEntry, ReplyEntry } from "./entry.js";
import { finishEntries, type WrittenEntry } from "./finish.js";
import { refuseResults } from "./own-results.js";
import { scaleSchema } from "./scale.js";

const text = z.string().optional();
const textOrNumber = z.union([z.string(), z.number()]);

const entrySchema = z.strictObject({
  id: textOrNumber.optional(),
  video: z
    .string()
    .min(1)
    .refine((path) => !path.includes("\0"), "expected a path without a zero byte"),
  score: z.number(),
  name: text,
  scoreText: text,
  dataset: text,
  scale: scaleSchema.optional(),
  question: wholeText.optional(),
  reply: wholeText.optional(),
  fields: z.record(z.string(), textOrNumber).optional(),
});
const unscoredSchema = entrySchema.extend({ score: z.number().nullish() });
const KEYS = Object.keys(entrySchema.shape);

export interface GivenEntries {
  /** What the entries are called. */
  readonly option: string;
  /** What reads a list from a file instead. */
  readonly otherwise: string;
  /** The folder that videos are relative to; default: the working directory. */
  readonly folder?: string | undefined;
  /** Scores are multiplied by this; default 1. */
  readonly labelScale?: number | undefined;
}

/** @throws {EngineError} E_OPTION naming the first entry that does not fit, with its place from 0. */
export function givenEntries(entries: unknown, options: GivenEntries): ManifestEntry[] {
  // Where scores are asked for, an entry without one is refused.
  return readGiven(entries, options, "scores") as ManifestEntry[];
}

/** As givenEntries; where `labels` asks for more than scores, an entry without one has null there. */
export function readGiven(
  entries: unknown,
  { option, otherwise, folder = "", labelScale = 1 }: GivenEntries,
  labels: Labels,
): ReplyEntry[] {
  refuseResults(option, entries);
  if (!Array.isArray(entries)) throw optionError(option, "a list of entries", entries, otherwise);
  if (entries.length === 0) throw optionError(option, "at least one entry", entries);
  const written = Array.from(entries as unknown[], (entry, place) =>
    checkEntry(`${option}[${place}]`, entry, labels),
  );
  return finishEntries(written, {
    folder,
    labelScale,
    sameId: (id, place, earlier) =>
      optionError(
        `${option}[${place}].id`,
        "an id of its own (or another video)",
        id,
        `${option}[${earlier}] has it too`,
      ),
  });
}

function checkEntry(place: string, entry: unknown, labels: Labels): WrittenEntry {
  const schema = labels === "scores" ? entrySchema : unscoredSchema;
  const { data, error } = schema.safeParse(entry, { reportInput: true });
  if (data !== undefined)
    return { ...data, score: data.score ?? null, id: data.id === undefined ? undefined : String(data.id) };
  const strange = error.issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
  const issue = error.issues.find(({ code }) => code !== "unrecognized_keys");
  if (issue === undefined) throw unknownKey(place, strange[0] ?? "");
  const name = [place, ...issue.path.map((part) => printable(String(part)))].join(".");
  const missing = issue.input === undefined && strange.length > 0;
  throw optionError(
    name,
    expectedBy(issue),
    issue.input,
    missing ? `keys of other names: ${listed(strange)}` : "",
  );
}

function unknownKey(place: string, key: string): EngineError {
  const near = nearestName(key, KEYS);
  const hint =
    near === null ? `known are ${KEYS.join(", ")}; anything else goes into fields` : `did you mean ${near}?`;
  const option = `${place}.${printable(key)}`;
  return new EngineError("E_OPTION", `option ${option}: no such key; ${hint}`, {
    details: { option, nearest: near },
  });
}
