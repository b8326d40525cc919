/**
 * A model for a preset whose answers have another form: the tiny model answers the training videos, its answers are written
 * anew in that form, and it learns them by supervised fine-tuning. It keeps its wrong scale: no true score is in a reply.
 */
import { join } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import type { ManifestEntry } from "../data/entry.js";
import { modelScorer } from "../infer/model-scorer.js";
import { judged } from "../infer/score-many.js";
import type { Model } from "../model/types.js";
import type { SftConfigInput } from "../run/config.js";
import { type DemoForm, rewritten } from "./form.js";
import { THREADS } from "./overlay.js";
import type { Progress } from "./sets.js";

/** Enough for a form of fifty tokens to come out whole. */
const STEPS = 400;
/** Sampled, not the likeliest: a model that learned one answer to a video would give only that, and rewards tell nothing apart. */
const SAMPLES = 4;

/** A list row that supervised fine-tuning reads. */
export interface WarmUpRow {
  readonly id: string;
  readonly video: string;
  readonly reply: string;
}

/**
 * Four of the model's own answers to each of these videos in another form; those without a score are left out.
 *
 * @throws {EngineError} E_FORMAT when none is left; the signal's reason after an abort.
 */
export async function ownReplies(
  model: Model,
  entries: readonly ManifestEntry[],
  { form }: DemoForm,
  signal: AbortSignal,
  onProgress: Progress,
): Promise<WarmUpRow[]> {
  const rows: WarmUpRow[] = [];
  let done = 0;
  const total = SAMPLES * entries.length;
  const videos = entries.map(({ video }) => video);
  for (let seed = 0; seed < SAMPLES; seed++) {
    const scorer = modelScorer(model, { temperature: 1, seed });
    for await (const { judgement } of judged(scorer, videos, { batchSize: 50, signal })) {
      const entry = entries[done++ % entries.length];
      onProgress(done, total);
      const reply = rewritten(judgement?.text ?? "", form);
      if (entry !== undefined && reply !== null)
        rows.push({ id: `${entry.id}-${seed}`, video: entry.video, reply });
    }
  }
  if (rows.length > 0) return rows;
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
  await writeAtomic(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return {
    method: "sft",
    model: "tiny-start",
    data,
    prompt,
    out: join(run, "warm-up"),
    seed,
    steps: STEPS,
    threads: THREADS,
    videosPerStep: 16,
    learningRate: 1e-3,
    trainable: ["projector", "language"],
    checkpointEvery: STEPS,
  };
}
