/** A run's own evaluations: a list scored every so often, which checkpoint was best, and when to end. */
import { optionError } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import { mean } from "../core/stats.js";
import { evaluate, type Prediction, srccCounting } from "../eval/evaluate.js";
import { readScore } from "../infer/model-scorer.js";
import type { OpenedVideo, Scorer } from "../infer/scorer.js";
import type { Clip, ClipPlan, Model } from "../model/types.js";
import type { EvaluationEvent, Warning } from "../run-folder/events.js";
import type { AnswerVariant } from "../text/answer.js";
import type { Examiner } from "../train/examiner.js";
import type { ScoredVideo } from "../train/video.js";
import type { EvaluationKeys } from "./evaluation-keys.js";

/** What of a run's configuration decides its evaluations. */
export interface EvaluationConfig extends EvaluationKeys {
  readonly steps: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly maxNewTokens?: number | undefined;
  readonly answers?: AnswerVariant | undefined;
}

export interface EvaluationParts {
  readonly model: Model;
  readonly plan: ClipPlan;
  readonly inputIds: (video: ScoredVideo) => Int32Array;
  /** Those of the steps that were made already. */
  readonly earlier: readonly EvaluationEvent[];
  readonly tell: (
    event: EvaluationEvent | (Warning & { readonly type: "warning"; readonly afterStep: number }),
  ) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Of a run's evaluations, the first of highest `srccOfAll`, with its SRCC over the videos that have a score. */
export interface BestEvaluation {
  readonly step: number;
  readonly srcc: number;
}

/**
 * @param hasDataset  Does a program give the videos?
 * @throws {EngineError} E_OPTION for keys that do not go together, or need a list that is not there.
 */
export function checkEvaluation(keys: EvaluationKeys, hasDataset: boolean): void {
  const { evalData, evalVideos, evalEvery, evalSamples, evalTemperature, patience } = keys;
  if (evalData === undefined && !hasDataset)
    for (const [name, value] of Object.entries({ evalVideos, evalEvery, patience }))
      if (value !== undefined) throw optionError(name, "none without evalData", value);
  if (evalSamples > 1 && evalTemperature === 0)
    throw optionError("evalTemperature", "above 0 with several answers", evalTemperature);
}

/** Videos are opened anew each time, as they are in the run: same frames, same prompt. */
export class Evaluations implements Examiner {
  readonly #config: EvaluationConfig;
  readonly #videos: readonly ScoredVideo[];
  readonly #parts: EvaluationParts;
  readonly #told: EvaluationEvent[];
  readonly #unread = new Set<string>();

  constructor(config: EvaluationConfig, videos: readonly ScoredVideo[], parts: EvaluationParts) {
    this.#config = config;
    this.#videos = videos;
    this.#parts = parts;
    this.#told = [...parts.earlier];
  }

  /** As BestEvaluation says; null while none has an SRCC. */
  get best(): BestEvaluation | null {
    const event = this.#told.findLast(({ isBest }) => isBest);
    return event === undefined || event.srcc === null ? null : { step: event.afterStep, srcc: event.srcc };
  }

  isDue(step: number): boolean {
    const { evalEvery, checkpointEvery, steps } = this.#config;
    return step > 0 && (step % (evalEvery ?? checkpointEvery) === 0 || step === steps);
  }

  async examine(step: number): Promise<string | null> {
    if (!this.#told.some(({ afterStep }) => afterStep === step)) {
      const event = await this.#evaluate(step);
      this.#told.push(event);
      this.#parts.tell(event);
    }
    const { patience } = this.#config;
    const since = this.#told.length - 1 - this.#told.findLastIndex(({ isBest }) => isBest);
    if (patience === undefined || since < patience) return null;
    const { best } = this;
    const which =
      best === null ? "no evaluation had one" : `that of step ${best.step} was ${best.srcc.toFixed(3)}`;
    return `no higher SRCC in ${since} evaluations: ${which}`;
  }

  async #evaluate(step: number): Promise<EvaluationEvent> {
    const start = performance.now();
    const { signal } = this.#parts;
    const entries = this.#videos.map(({ id, path, target }) => ({ id, video: path, score: target }));
    const found = await evaluate(this.#scorer(), entries, { signal });
    const { srcc, plcc, krcc, rmse, mae, listed, parsed, predictions } = found;
    this.#tellUnread(step, predictions);
    const { min, max } = this.#parts.model.settings.scale;
    const srccOfAll = srccCounting(predictions, (min + max) / 2);
    const highest = comparedOf(this.#told.findLast(({ isBest }) => isBest)) ?? -Infinity;
    return {
      type: "evaluation",
      afterStep: step,
      ...{ srcc, plcc, krcc, rmse, mae, listed, parsed },
      srccOfAll,
      isBest: srcc !== null && srccOfAll !== null && srccOfAll > highest,
      seconds: (performance.now() - start) / 1000,
    };
  }

  /** Each video that cannot be read, once in a run's process. */
  #tellUnread(afterStep: number, predictions: readonly Prediction[]): void {
    for (const { video, error } of predictions) {
      if (error === undefined || this.#unread.has(video)) continue;
      this.#unread.add(video);
      const message = `evaluation: ${video} has no score and counts in no measure: ${error.message}`;
      this.#parts.tell({ type: "warning", afterStep, message });
    }
  }

  /** A video's stream is named by seed and video, so that evaluations differ by their weights alone. */
  #scorer(): Scorer<AskedClip> {
    const { model, plan, inputIds } = this.#parts;
    const { seed, evalSamples: samples, evalTemperature: temperature, answers } = this.#config;
    const { scale, maxNewTokens } = model.settings;
    const videoOf = new Map(this.#videos.map((video) => [video.path, video]));
    return {
      scale,
      async open(path, signal) {
        const clip = await model.openClip(path, { ...plan, signal });
        return {
          clip,
          video: videoOf.get(path) as ScoredVideo,
          frameTimes: clip.frameTimes,
          dispose: () => clip.dispose(),
        };
      },
      score: async (videos, signal) => {
        const prompts = videos.map(({ clip, video }) => {
          const stream = streamOf("evaluation", seed, video.id);
          return { inputIds: inputIds(video), clip, stream, samples };
        });
        const most = this.#config.maxNewTokens ?? maxNewTokens;
        const { groups } = await model.generate({ prompts, maxNewTokens: most, temperature, signal });
        return groups.map((group) => {
          const texts = group.map(({ tokens }) => model.tokenizer.decode(tokens));
          const scores = texts.flatMap((text) => readScore(text, scale, answers) ?? []);
          return { number: scores.length === 0 ? null : mean(scores), text: texts[0] ?? null, choice: null };
        });
      },
    };
  }
}

function comparedOf(event: EvaluationEvent | undefined): number | null {
  return event?.srccOfAll === undefined ? (event?.srcc ?? null) : event.srccOfAll;
}

interface AskedClip extends OpenedVideo {
  readonly clip: Clip;
  readonly video: ScoredVideo;
}
