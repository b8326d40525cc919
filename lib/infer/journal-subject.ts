/** What a journal's results are results of: the model, how it is asked, and which videos, each told apart by hash. */
import { dirname, relative, resolve } from "node:path";
import { z } from "zod";
import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { checkpointDifferences, checkpointIdentitySchema } from "../checkpoint/identity.js";
import { readSettings } from "../checkpoint/settings.js";
import { checkPath, optionError } from "../core/check.js";
import { sha256 } from "../core/digest.js";
import { checkObject } from "../core/known-options.js";
import { packageVersion } from "../core/package-root.js";
import { shown } from "../core/refuse.js";
import { isWithin } from "../core/within.js";
import { modelPlace, placeIdentity, settingsDirOf } from "../model/adapter-folder.js";
import type { Fragments } from "../video/fragments.js";
import type { ScoreOptions } from "./session.js";

export const journalSubjectSchema = z.strictObject({
  model: checkpointIdentitySchema,
  list: z.strictObject({
    videos: z.int().min(0),
    sha256: z.string(),
    /** The folder that all are in, and the list as seen from it; journals of before have none. */
    place: z.strictObject({ folder: z.string(), within: z.string() }).optional(),
  }),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

/** What a journal is of: another model, list or setting is another one. */
export type JournalSubject = z.output<typeof journalSubjectSchema>;

/** A video's absolute path, with whatever else makes another list. */
export type JournalRow = string | readonly [video: string, ...more: unknown[]];

/** What a journal remembers of the model that was asked. */
export interface AskedModel {
  /** A checkpoint folder, or an adapter folder that names its base. */
  readonly dir: string;
  /** The adapter folder that is on it. */
  readonly adapter?: string | undefined;
  /** SlowFast's weights, where they are a file of their own. */
  readonly slowfast?: string | undefined;
  /** False where the model was loaded without its motion parts. */
  readonly motion?: boolean | undefined;
  readonly dtype?: string | undefined;
}

/**
 * Batch size, threads and device are not part of it: they change results by rounding only, and who ran out of memory
 * must be able to go on with other ones.
 *
 * @param rows  what is scored, one per video in order.
 * @throws {EngineError} E_OPTION for a model without a folder, rows without a video and as clipPlanOf; E_FORMAT when the checkpoint's
 *   files cannot be read.
 */
export async function journalSubject(
  asked: AskedModel,
  options: Omit<ScoreOptions, "signal">,
  rows: readonly JournalRow[],
): Promise<JournalSubject> {
  checkObject("model", asked);
  const { dir, adapter, slowfast, motion, dtype } = asked;
  checkPath("model.dir", dir);
  if (adapter !== undefined) checkPath("model.adapter", adapter);
  if (slowfast !== undefined) checkPath("model.slowfast", slowfast);
  checkObject("options", options);
  checkRows(rows);
  const place = await modelPlace(dir, { adapter, slowfast, motion });
  const own = await readSettings(await settingsDirOf(place), place.base);
  const { frames, size, sampling, fragments } = clipPlanOf(own, options);
  return {
    model: await placeIdentity(place),
    list: listOf(rows),
    settings: {
      version: packageVersion(),
      dtype: dtype ?? "float32",
      frames,
      imageSize: size,
      sampling: typeof sampling === "function" ? "a function" : sampling,
      maxNewTokens: options.maxNewTokens ?? own.maxNewTokens,
      temperature: options.temperature ?? 0,
      topK: options.topK ?? null,
      topP: options.topP ?? 1,
      seed: options.seed ?? 0,
      variant: options.variant ?? own.answers,
      template: options.template ?? "default",
      question: options.question ?? null,
      instruction: options.instruction ?? null,
      ...(place.motion === false ? { motion: "off" } : {}),
      ...(options.expected === true ? { expected: "on" } : {}),
      ...fragmentSettings(fragments),
    },
  };
}

/** None where frames are whole: journals of before have none. */
function fragmentSettings(fragments: Fragments | undefined): Record<string, number> {
  if (fragments === undefined) return {};
  return Object.fromEntries(Object.entries(fragments).map(([name, value]) => [`fragments.${name}`, value]));
}

/**
 * As journalSubject, of a measure without weights.
 *
 * @param files     what it reads its numbers from: name → SHA-256.
 * @param settings  all that changes what it says of a video.
 */
export function measureSubject(
  scorer: string,
  files: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string | number | null>>,
  rows: readonly JournalRow[],
): JournalSubject {
  checkRows(rows);
  return {
    model: { files, weights: [] },
    list: listOf(rows),
    settings: { version: packageVersion(), scorer, ...settings },
  };
}

function listOf(rows: readonly JournalRow[]): JournalSubject["list"] {
  return { videos: rows.length, sha256: sha256(JSON.stringify(rows)), place: placeOf(rows) };
}

function checkRows(rows: unknown): void {
  if (!Array.isArray(rows)) throw optionError("rows", "a list of videos", rows);
  for (const [i, row] of rows.entries()) checkPath(`rows[${i}]`, Array.isArray(row) ? row[0] : row);
}

/** What is other now than it was, in words, one each; empty when nothing is. A copy of a model is the same model. */
export function subjectDifferences(then: JournalSubject, now: JournalSubject): string[] {
  const models = checkpointDifferences(then.model, now.model, { times: false });
  const names = new Set([...Object.keys(then.settings), ...Object.keys(now.settings)]);
  const settings = [...names].flatMap((name) => {
    const [was, is] = [then.settings[name], now.settings[name]];
    return was === is ? [] : [`setting ${name}: ${shown(is)}, it was ${shown(was)}`];
  });
  const list = listDifference(then.list, now.list);
  return [
    ...models.map((model) => `model: ${model}`),
    ...settings,
    ...(list === null ? [] : [`list: ${list}`]),
  ];
}

function listDifference(then: JournalSubject["list"], now: JournalSubject["list"]): string | null {
  if (then.sha256 === now.sha256) return null;
  const [was, is] = [then.place, now.place];
  if (was !== undefined && was.within === is?.within)
    return `the same videos in ${shown(is.folder)}, they were in ${shown(was.folder)}`;
  return `${now.videos} videos, it was another one of ${then.videos}`;
}

function placeOf(rows: readonly JournalRow[]): JournalSubject["list"]["place"] {
  const folders = rows.map((row) => dirname(resolve(typeof row === "string" ? row : row[0])));
  let [folder] = folders;
  if (folder === undefined) return undefined;
  for (const other of folders) while (!isWithin(other, folder)) folder = dirname(folder);
  const from = folder;
  const seen = rows.map((row) =>
    typeof row === "string" ? relative(from, row) : [relative(from, row[0]), ...row.slice(1)],
  );
  return { folder, within: sha256(JSON.stringify(seen)) };
}
