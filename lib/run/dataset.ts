/** The videos of a run, from its list or from a dataset of the user's own, and what is asked about them. */
import { isAbsolute } from "node:path";
import { optionError } from "../core/check.js";
import type { Labels, ManifestEntry, ReplyEntry } from "../data/entry.js";
import type { WrittenEntry } from "../data/finish.js";
import { type GivenEntries, readGiven } from "../data/given-entries.js";
import { readEntries, readManifest } from "../data/manifest.js";
import { checkPresent } from "../data/presence.js";
import { rescale, type Scale } from "../data/scale.js";
import type { AskedText } from "../text/templates.js";
import type { PreparedMethod } from "../train/method.js";
import type { TrainVideo } from "../train/video.js";
import { checkEvaluation } from "./evaluation.js";
import type { RunKeys } from "./keys.js";
import { readRunPrompt } from "./prompts.js";

/** Videos are relative to `videos` or the working directory, which a run keeps; `id` defaults to the video. */
export type Dataset = readonly (Omit<ManifestEntry, "id"> & Pick<WrittenEntry, "id">)[];

/** The same of a method that learns replies: an entry needs no score. */
export type ReplyDataset = readonly (Omit<WrittenEntry, "score"> & Partial<Pick<WrittenEntry, "score">>)[];

/** Videos that a program gives in place of lists. */
export interface GivenVideos {
  readonly dataset?: ReplyDataset | undefined;
  /** What the run is evaluated on. */
  readonly evalDataset?: Dataset | undefined;
}

/** Keys that say how a list is read, where no other list is read by them. */
const LIST_KEYS = ["columns", "delimiter"] as const;

/**
 * Of a run that begins now; one that was begun with both goes on with its dataset.
 *
 * @throws {EngineError} E_OPTION for a list beside a dataset, which would be left out.
 */
export function checkOneSource(config: RunKeys, { dataset, evalDataset }: GivenVideos): void {
  const unused = new Map<keyof RunKeys, string>();
  if (dataset !== undefined) unused.set("data", "a dataset");
  if (evalDataset !== undefined) unused.set("evalData", "an evalDataset");
  const isListed = config.evalData !== undefined || (dataset === undefined && config.data !== undefined);
  if (unused.size > 0 && !isListed) for (const key of LIST_KEYS) unused.set(key, "a dataset");
  for (const [key, what] of unused)
    if (config[key] !== undefined)
      throw optionError(key, `none beside ${what}`, config[key], "leave one of them out");
}

const OTHERWISE = "the option data names a file with a list";
const EVALUATED_OTHERWISE = "the option evalData names a file with a list";

/** What the configuration's files say. */
export interface Material {
  readonly entries: readonly ReplyEntry[];
  /** null where the list or the checkpoint says what is asked. */
  readonly asked: AskedText | null;
  /** The configuration's folder of videos; of a dataset with relative ones the working directory where it names none. */
  readonly videos: string | undefined;
  /** The same of the videos that the run is evaluated on. */
  readonly evalVideos: string | undefined;
  /** What the run is evaluated on; null for a run that is not. */
  readonly evaluation: readonly ManifestEntry[] | null;
}

/**
 * @param given   instead of the configuration's lists.
 * @param method   says what each row must have, and looks at all of them.
 * @throws {EngineError} E_OPTION without either, and for an entry that is none by its place; E_MEDIA for videos that do not exist; as readManifest, readRunPrompt and the method.
 */
export async function readMaterial(
  config: RunKeys,
  { dataset, evalDataset }: GivenVideos,
  method: Pick<PreparedMethod<object>, "labels" | "checkVideos">,
): Promise<Material> {
  const { labels } = method;
  const { entries, videos } =
    dataset === undefined
      ? await listedEntries(config, labels)
      : entriesGiven(
          { option: "dataset", otherwise: OTHERWISE, labelScale: config.labelScale },
          dataset,
          config.videos,
          labels,
        );
  method.checkVideos?.(entries);
  await checkPresent(entries);
  checkEvaluation(config, evalDataset !== undefined);
  const evaluated = await evaluationEntries(config, evalDataset);
  const evaluation = evaluated?.entries ?? null;
  if (evaluation !== null) await checkPresent(evaluation);
  const asked = await readRunPrompt(config, [...entries, ...(evaluation ?? [])]);
  return { entries, videos, evaluation, evalVideos: evaluated?.videos, asked };
}

type Found = Pick<Material, "entries" | "videos">;

interface Evaluated {
  readonly entries: readonly ManifestEntry[];
  readonly videos: string | undefined;
}

async function evaluationEntries(
  { evalData, evalVideos: videos, labelScale, columns, delimiter }: RunKeys,
  evalDataset: Dataset | undefined,
): Promise<Evaluated | null> {
  if (evalDataset !== undefined) {
    const from = { option: "evalDataset", otherwise: EVALUATED_OTHERWISE, labelScale };
    const evaluated = entriesGiven(from, evalDataset, videos, "scores") as Evaluated;
    return { ...evaluated, entries: eachOnce("evalDataset", evaluated.entries) };
  }
  if (evalData === undefined) return null;
  const entries = await readManifest(evalData, { videos, labelScale, columns, delimiter });
  return { entries: eachOnce("evalData", entries), videos };
}

/** Two at least: of one there is no correlation. */
function eachOnce(option: string, entries: readonly ManifestEntry[]): readonly ManifestEntry[] {
  if (entries.length < 2) throw optionError(option, "at least 2 videos", entries.length);
  const seen = new Set<string>();
  for (const { video } of entries) {
    if (seen.has(video)) throw optionError(option, "a list with each video once", video);
    seen.add(video);
  }
  return entries;
}

async function listedEntries(
  { data, videos, labelScale, columns, delimiter }: RunKeys,
  labels: Labels,
): Promise<Found> {
  if (data === undefined) {
    const hint = "--data names its file (docs/data.md); a program can give a dataset instead";
    throw optionError("data", `a list of videos with ${labels}`, undefined, hint);
  }
  return { entries: await readEntries(data, { videos, labelScale, columns, delimiter }, labels), videos };
}

/** @param named  the folder that relative videos are in; default: the working directory. */
function entriesGiven(
  from: Omit<GivenEntries, "folder">,
  dataset: ReplyDataset,
  named: string | undefined,
  labels: Labels,
): Found {
  const here = process.cwd();
  const entries = readGiven(dataset, { ...from, folder: named ?? here }, labels);
  const isRelative = dataset.some(({ video }) => !isAbsolute(video));
  return { entries, videos: named ?? (isRelative ? here : undefined) };
}

/** @param range  the scale of labels whose row says none; default: the model's. */
export function trainVideo(
  { video, score, ...row }: ReplyEntry,
  range: Scale | undefined,
  model: Scale,
): TrainVideo {
  const from = row.scale ?? range;
  const target = from === undefined || score === null ? score : rescale(score, from, model);
  return { ...row, path: video, target };
}
