/** The videos of a run, from its list or from a dataset of the user's own, and what is asked about them. */
import { isAbsolute } from "node:path";
import { optionError } from "../core/check.js";
import type { Labels, ManifestEntry, ReplyEntry } from "../data/entry.js";
import type { WrittenEntry } from "../data/finish.js";
import { readGiven } from "../data/given-entries.js";
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

/** Keys that say how a list is read. */
const LIST_KEYS = ["data", "columns", "delimiter"] as const;

/**
 * Of a run that begins now; one that was begun with both goes on with its dataset.
 *
 * @throws {EngineError} E_OPTION for a list beside a dataset, which would be left out.
 */
export function checkOneSource(config: RunKeys, dataset: ReplyDataset | undefined): void {
  if (dataset === undefined) return;
  for (const key of LIST_KEYS)
    if (config[key] !== undefined)
      throw optionError(key, "none beside a dataset", config[key], "leave one of them out");
}

const OTHERWISE = "the option data names a file with a list";

/** What the configuration's files say. */
export interface Material {
  readonly entries: readonly ReplyEntry[];
  /** null where the list or the checkpoint says what is asked. */
  readonly asked: AskedText | null;
  /** The configuration's folder of videos; of a dataset with relative ones the working directory where it names none. */
  readonly videos: string | undefined;
  /** What the run is evaluated on; null for a run that is not. */
  readonly evaluation: readonly ManifestEntry[] | null;
}

/**
 * @param dataset  instead of the configuration's list.
 * @param method   says what each row must have, and looks at all of them.
 * @throws {EngineError} E_OPTION without either, and for an entry that is none by its place; E_MEDIA for videos that do not exist; as readManifest, readRunPrompt and the method.
 */
export async function readMaterial(
  config: RunKeys,
  dataset: ReplyDataset | undefined,
  method: Pick<PreparedMethod<object>, "labels" | "checkVideos">,
): Promise<Material> {
  const { labels } = method;
  const { entries, videos } =
    dataset === undefined ? await listedEntries(config, labels) : entriesGiven(config, dataset, labels);
  method.checkVideos?.(entries);
  await checkPresent(entries);
  checkEvaluation(config);
  const evaluation = await evaluationEntries(config);
  if (evaluation !== null) await checkPresent(evaluation);
  const asked = await readRunPrompt(config, [...entries, ...(evaluation ?? [])]);
  return { entries, videos, evaluation, asked };
}

type Found = Pick<Material, "entries" | "videos">;

async function evaluationEntries({
  evalData,
  evalVideos: videos,
  labelScale,
  columns,
  delimiter,
}: RunKeys): Promise<ManifestEntry[] | null> {
  if (evalData === undefined) return null;
  const entries = await readManifest(evalData, { videos, labelScale, columns, delimiter });
  const seen = new Set<string>();
  for (const { video } of entries) {
    if (seen.has(video)) throw optionError("evalData", "a list with each video once", video);
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

function entriesGiven({ videos: named, labelScale }: RunKeys, dataset: ReplyDataset, labels: Labels): Found {
  const from = { option: "dataset", otherwise: OTHERWISE, labelScale };
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
