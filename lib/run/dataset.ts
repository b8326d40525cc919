/** The videos of a run, from its list or from a dataset of the user's own, and what is asked about them. */
import { isAbsolute } from "node:path";
import { optionError } from "../core/check.js";
import type { ManifestEntry } from "../data/entry.js";
import { finishEntries, type WrittenEntry } from "../data/finish.js";
import { checkEntries } from "../data/given-entries.js";
import { readManifest } from "../data/manifest.js";
import { refuseResults } from "../data/own-results.js";
import { checkPresent } from "../data/presence.js";
import { rescale, type Scale } from "../data/scale.js";
import type { AskedText } from "../text/templates.js";
import type { TrainVideo } from "../train/video.js";
import type { RunKeys } from "./keys.js";
import { readRunPrompt } from "./prompts.js";

/** Videos are relative to `videos` or the working directory, which a run keeps; `id` defaults to the video. */
export type Dataset = readonly WrittenEntry[];

/** What the configuration's files say. */
export interface Material {
  readonly entries: readonly ManifestEntry[];
  /** null where the list or the checkpoint says what is asked. */
  readonly asked: AskedText | null;
  /** The configuration's folder of videos; of a dataset with relative ones the working directory where it names none. */
  readonly videos: string | undefined;
}

/**
 * @param dataset  instead of the configuration's list.
 * @throws {EngineError} E_OPTION without either, and for an entry that is none by its place; E_MEDIA for videos that do not exist; as readManifest, readRunPrompt.
 */
export async function readMaterial(config: RunKeys, dataset: Dataset | undefined): Promise<Material> {
  const { entries, videos } =
    dataset === undefined ? await listedEntries(config) : givenEntries(config, dataset);
  await checkPresent(entries);
  return { entries, videos, asked: await readRunPrompt(config, entries) };
}

type Found = Omit<Material, "asked">;

async function listedEntries({ data, ...options }: RunKeys): Promise<Found> {
  if (data === undefined) throw optionError("data", "a manifest (or a dataset through the API)", undefined);
  return { entries: await readManifest(data, options), videos: options.videos };
}

function givenEntries({ videos: named, labelScale }: RunKeys, dataset: Dataset): Found {
  refuseResults("dataset", dataset);
  const written = checkEntries("dataset", dataset);
  const videos = named ?? (written.every(({ video }) => isAbsolute(video)) ? undefined : process.cwd());
  const entries = finishEntries(written, {
    folder: videos ?? "",
    labelScale,
    sameId: (id, place, earlier) =>
      optionError(
        `dataset[${place}].id`,
        "an id of its own (or another video)",
        id,
        `dataset[${earlier}] has it too`,
      ),
  });
  return { entries, videos };
}

/** @param range  the scale of labels whose row says none; default: the model's. */
export function trainVideo(
  { video, score, ...row }: ManifestEntry,
  range: Scale | undefined,
  model: Scale,
): TrainVideo {
  const from = row.scale ?? range;
  return { ...row, path: video, target: from === undefined ? score : rescale(score, from, model) };
}
