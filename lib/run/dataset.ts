/** The videos of a run, from its list or from a dataset of the user's own, and what is asked about them. */
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

/** Videos are relative to `videos` or the working directory; `id` defaults to the video. */
export type Dataset = readonly WrittenEntry[];

/** What the configuration's files say. */
export interface Material {
  readonly entries: readonly ManifestEntry[];
  /** null where the list or the checkpoint says what is asked. */
  readonly asked: AskedText | null;
}

/**
 * @param dataset  instead of the configuration's list.
 * @throws {EngineError} E_OPTION without either, and for an entry that is none by its place; E_MEDIA for videos that do not exist; as readManifest, readRunPrompt.
 */
export async function readMaterial(config: RunKeys, dataset: Dataset | undefined): Promise<Material> {
  const entries = dataset === undefined ? await listedEntries(config) : givenEntries(config, dataset);
  await checkPresent(entries);
  return { entries, asked: await readRunPrompt(config, entries) };
}

async function listedEntries({ data, ...options }: RunKeys): Promise<ManifestEntry[]> {
  if (data === undefined)
    throw optionError(
      "data",
      "a list of training videos with scores (docs/data.md), or a dataset through the API",
      undefined,
    );
  return readManifest(data, options);
}

function givenEntries({ videos = "", labelScale }: RunKeys, dataset: Dataset): ManifestEntry[] {
  refuseResults("dataset", dataset);
  return finishEntries(checkEntries("dataset", dataset), {
    folder: videos,
    labelScale,
    sameId: (id, place, earlier) =>
      optionError(
        `dataset[${place}].id`,
        "an id of its own (or another video)",
        id,
        `dataset[${earlier}] has it too`,
      ),
  });
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
