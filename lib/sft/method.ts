/** Supervised fine-tuning as a run sees it: each step learns the replies to its videos. */
import { checkFunction, optionError } from "../core/check.js";
import type { TrainGroup } from "../model/types.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Readable } from "../train/clip-store.js";
import type { MethodParts, PreparedMethod } from "../train/method.js";
import type { TrainVideo } from "../train/video.js";
import type { SftMeasures } from "./event.js";
import type { SftKeys } from "./keys.js";
import { checkReplies, replyOf } from "./replies.js";
import { answerWeights, type ReplyTokens, type TokenWeights } from "./weights.js";

/** What a user may put in place of what the configuration says. */
export interface SftParts {
  /** Instead of `answerWeight`. */
  readonly tokenWeights?: TokenWeights | undefined;
}

/**
 * The loss of a step is −Σ w log π / Σ w over the reply tokens of all its videos, the end of the turn included and the
 * prompt left out: with equal weights the mean over tokens, as transformers' Trainer has it over a whole update.
 *
 * @throws {EngineError} E_OPTION for weights that are no function.
 */
export function sftMethod(config: SftKeys, own: SftParts = {}): PreparedMethod<SftMeasures> {
  const { tokenWeights = answerWeights(config.answerWeight) } = own;
  checkFunction("tokenWeights", tokenWeights);
  return {
    labels: "replies",
    reference: false,
    // The end of the turn is one token more.
    answers: (videos, tokensOf) => ({
      rollout: false,
      samples: 1,
      maxNewTokens: tokensOf(videos.map((video) => replyOf(video, config))) + 1,
      twinSamples: 0,
      twinsDecoded: false,
    }),
    given: own.tokenWeights === undefined ? {} : { tokenWeights: "a function" },
    checkVideos: (entries) => checkReplies(entries, config),
    begin: (parts) => ({
      async step({ videos, learningRate, learningRates }) {
        const groups = packed(videos, parts, (video) =>
          lesson(video, parts.model.tokenizer, config, tokenWeights),
        );
        const { maxGradNorm } = config;
        const rates = { learningRate, learningRates };
        const metrics = await parts.trainer.step({ groups, loss: "sft", ...rates, maxGradNorm });
        const { loss, gradNorm, completionTokens, seconds: updateSeconds } = metrics;
        return { measures: { loss, gradNorm, completionTokens, updateSeconds }, completions: [] };
      },
      watch: () => [],
    }),
  };
}

interface Lesson {
  readonly tokens: Int32Array;
  readonly weights: ArrayLike<number>;
}

function lesson(
  video: TrainVideo,
  tokenizer: Tokenizer,
  config: SftKeys,
  tokenWeights: TokenWeights,
): Lesson {
  const text = replyOf(video, config);
  const encoded = tokenizer.encode(text);
  const tokens = new Int32Array(encoded.length + 1);
  tokens.set(encoded);
  tokens[encoded.length] = tokenizer.turnEnd;
  const pieces = Array.from(tokens, (token) => tokenizer.decode([token], { skipSpecialTokens: false }));
  const reply: ReplyTokens = { id: video.id, text, tokens, pieces };
  const weights = tokenWeights(reply);
  const wrong = Array.from(weights ?? []).findIndex((weight) => !(Number.isFinite(weight) && weight >= 0));
  if (weights?.length === tokens.length && wrong < 0) return { tokens, weights };
  const expected = `${tokens.length} finite weights ≥ 0 for the reply to ${video.id}`;
  throw optionError("tokenWeights", expected, wrong < 0 ? weights?.length : weights[wrong]);
}

/** Replies to one video and question share its prompt, which is computed once. */
function packed(
  videos: readonly Readable[],
  { inputIds }: MethodParts,
  learn: (video: TrainVideo) => Lesson,
): TrainGroup[] {
  const groups = new Map<string, { prompt: TrainGroup["prompt"]; lessons: Lesson[] }>();
  for (const { video, clip } of videos) {
    const key = JSON.stringify([video.path, video.question]);
    const group = groups.get(key) ?? { prompt: { inputIds: inputIds(video), clip }, lessons: [] };
    groups.set(key, group);
    group.lessons.push(learn(video));
  }
  return [...groups.values()].map(({ prompt, lessons }) => ({
    prompt,
    completions: lessons.map(({ tokens }) => tokens),
    weights: lessons.map(({ weights }) => weights),
  }));
}
