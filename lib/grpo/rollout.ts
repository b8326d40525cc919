/** The rollout of a step: its videos' clips and perturbed twins → K parsed answers to each, in one call. */

import { EngineError } from "../core/errors.js";
import { streamOf } from "../core/rng.js";
import { stepVideos } from "../data/order.js";
import type { Clip, Completion, Model, Prompt, Trainer } from "../model/types.js";
import type { Answer, Reward } from "../rewards/reward.js";
import { parseAnswer } from "../text/answer.js";
import type { ClipStore, TrainVideo } from "./clip-store.js";
import type { TrainConfig } from "./config.js";
import type { Schedule } from "./schedule.js";

/** The index plan of a video's perturbed twin: [frames], −1 for an empty frame. */
export type Perturb = (place: {
  step: number;
  seed: number;
  id: string;
  frames: number;
}) => ArrayLike<number>;

/** All that a step works with. */
export interface GrpoRun {
  readonly config: TrainConfig;
  readonly model: Model;
  readonly trainer: Trainer;
  readonly videos: readonly TrainVideo[];
  readonly clips: ClipStore;
  /** Ids of a video's prompt. */
  readonly inputIds: (video: TrainVideo) => Int32Array;
  readonly rewards: ReadonlyMap<string, Reward>;
  readonly schedule: Schedule;
  /** null: no perturbed twins. */
  readonly perturb: Perturb | null;
  readonly signal?: AbortSignal | undefined;
}

export interface Group {
  readonly video: TrainVideo;
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
  readonly answers: Answer[];
  /** Answers to the perturbed twin. */
  readonly perturbed?: Answer[];
}

export interface Rollout {
  readonly groups: readonly Group[];
  readonly skipped: readonly { readonly video: TrainVideo; readonly error: EngineError }[];
  readonly seconds: number;
}

export function videosOf({ config, videos }: GrpoRun, step: number): TrainVideo[] {
  return [...stepVideos(config.seed, step, videos.length, config.videosPerStep)].flatMap(
    (i) => videos[i] ?? [],
  );
}

/** Every random stream is named by seed, step and video: the answers do not depend on how the run came here. */
export async function rollout(run: GrpoRun, step: number): Promise<Rollout> {
  const { config, model, signal } = run;
  const start = performance.now();
  const opened = await Promise.all(
    videosOf(run, step).map(async (video) => ({ video, ...(await run.clips.open(video)) })),
  );
  signal?.throwIfAborted();
  const readable = opened.flatMap(({ video, clip }) => (clip === null ? [] : [{ video, clip }]));
  const skipped = opened.flatMap(({ video, error }) => (error === null ? [] : [{ video, error }]));
  if (readable.length === 0)
    throw skipped[0]?.error ?? new EngineError("E_INTERNAL", `step ${step} has no videos`);
  const twins: { readonly video: TrainVideo; readonly clip: Clip }[] = [];
  try {
    const prompts = readable.map(({ video, clip }) =>
      promptOf(run, video, clip, streamOf("rollout", config.seed, step, video.id)),
    );
    if (run.perturb !== null) {
      for (const { video, clip } of readable) {
        const indices = run.perturb({ step, seed: config.seed, id: video.id, frames: clip.frames });
        twins.push({ video, clip: clip.perturb(Int32Array.from(indices)) });
      }
    }
    const twinPrompts = twins.map(({ video, clip }) =>
      promptOf(run, video, clip, streamOf("perturbed rollout", config.seed, step, video.id)),
    );
    const { maxNewTokens, temperature, topK, topP } = config;
    const sampling = { maxNewTokens, temperature, topK: topK === 0 ? undefined : topK, topP, signal };
    const output = await model.generate({ prompts: [...prompts, ...twinPrompts], ...sampling });
    const answersAt = (place: number) =>
      output.groups[place]?.map((completion) => toAnswer(run, completion)) ?? [];
    const groups = readable.map(({ video }, i) => ({
      video,
      prompt: prompts[i] as Prompt,
      completions: output.groups[i] ?? [],
      answers: answersAt(i),
      ...(run.perturb === null ? {} : { perturbed: answersAt(prompts.length + i) }),
    }));
    return { groups, skipped, seconds: (performance.now() - start) / 1000 };
  } finally {
    for (const { clip } of twins) clip.dispose();
  }
}

function promptOf({ inputIds, config }: GrpoRun, video: TrainVideo, clip: Clip, stream: bigint): Prompt {
  return { inputIds: inputIds(video), clip, stream, samples: config.samples };
}

function toAnswer({ model, config }: GrpoRun, { tokens }: Completion): Answer {
  const text = model.tokenizer.decode(tokens);
  return { text, score: parseAnswer(text, { variant: config.answers }).score };
}
