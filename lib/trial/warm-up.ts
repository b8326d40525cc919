/**
 * A model for a form of answers that it has not: it answers the training videos, its answers are written anew in that form, and
 * it learns them by supervised fine-tuning. It keeps its own scale, right or wrong: no true score is in a reply.
 */
import { join } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import { jsonLines } from "../core/jsonl.js";
import type { Progress } from "../core/screen.js";
import type { ManifestEntry } from "../data/entry.js";
import { modelScorer } from "../infer/model-scorer.js";
import { judged } from "../infer/score-many.js";
import type { InferOptions } from "../infer/session.js";
import type { Model } from "../model/types.js";
import type { SftConfigInput } from "../run/config.js";
import { type DemoForm, rewritten } from "./form.js";
import { THREADS } from "./overlay.js";

/** Sampled, not the likeliest: a model that learned one answer to a video would give only that, and rewards tell nothing apart. */
export const SAMPLES = 4;
/** Videos that are answered together. */
const BATCH = 50;

/** How the tiny model learns a form: enough steps for one of fifty tokens to come out whole. */
export const WARM_UP = {
  steps: 400,
  threads: THREADS,
  videosPerStep: 16,
  learningRate: 1e-3,
  trainable: ["projector", "language"],
} as const;

/** One answer of the model to a video. */
export interface OwnAnswer {
  readonly id: string;
  readonly video: string;
  readonly text: string;
}

/** A list row that supervised fine-tuning reads. */
export interface WarmUpRow {
  readonly id: string;
  readonly video: string;
  readonly reply: string;
}

/**
 * Four of the model's own answers to each of these videos, sampled at temperature 1; to one that cannot be read there is none.
 *
 * @param asked  how it is asked; default: as its checkpoint wants it.
 * @throws {EngineError} E_OPTION for options that do not fit; E_MEDIA where not one video can be read; the signal's reason
 *   after an abort.
 */
export async function ownAnswers(
  model: Model,
  entries: readonly Pick<ManifestEntry, "id" | "video">[],
  signal: AbortSignal | undefined,
  onProgress: Progress,
  asked: Omit<InferOptions, "temperature" | "seed" | "signal"> = {},
): Promise<OwnAnswer[]> {
  const answers: OwnAnswer[] = [];
  let done = 0;
  const total = SAMPLES * entries.length;
  const videos = entries.map(({ video }) => video);
  for (let seed = 0; seed < SAMPLES; seed++) {
    const scorer = modelScorer(model, { ...asked, temperature: 1, seed });
    let [read, why] = [0, ""];
    for await (const { judgement, result } of judged(scorer, videos, { batchSize: BATCH, signal })) {
      if (judgement !== null) read++;
      else if (why === "") why = result.error?.message ?? "";
      const entry = entries[done++ % entries.length];
      onProgress(done, total);
      const text = judgement?.text ?? null;
      if (entry !== undefined && text !== null)
        answers.push({ id: `${entry.id}-${seed}`, video: entry.video, text });
    }
    if (read > 0) continue;
    const message = `none of the ${videos.length} videos can be read; the first that was tried: ${why}`;
    throw new EngineError("E_MEDIA", message, { details: { videos: videos.length } });
  }
  return answers;
}

/**
 * Its own answers in another form; those without a score are left out.
 *
 * @throws {EngineError} E_FORMAT when none is left; the signal's reason after an abort.
 */
export async function ownReplies(
  model: Model,
  entries: readonly ManifestEntry[],
  { form }: Pick<DemoForm, "form">,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<WarmUpRow[]> {
  const answers = await ownAnswers(model, entries, signal, onProgress);
  const rows = answers.flatMap(({ text, ...row }) => {
    const reply = rewritten(text, form);
    return reply === null ? [] : [{ ...row, reply }];
  });
  if (rows.length > 0) return rows;
  const total = SAMPLES * entries.length;
  throw new EngineError("E_FORMAT", `${model.dir}: none of its ${total} answers holds a score`);
}

/** Writes the list, gives the run's configuration. */
export async function warmUpConfig(
  run: string,
  rows: readonly WarmUpRow[],
  prompt: string,
  seed: number,
): Promise<SftConfigInput> {
  const data = join(run, "warm-up.jsonl");
  await writeAtomic(data, jsonLines(rows));
  return {
    ...WARM_UP,
    trainable: [...WARM_UP.trainable],
    method: "sft",
    model: "tiny-start",
    data,
    prompt,
    out: join(run, "warm-up"),
    seed,
    checkpointEvery: WARM_UP.steps,
  };
}
