/** The rollout of a step: its videos' clips and perturbed twins → K parsed answers to each, in one call. */
import { streamOf } from "../core/rng.js";
import type { Clip, Completion, Prompt } from "../model/types.js";
import type { Answer, Reward } from "../rewards/reward.js";
import { parseAnswer } from "../text/answer.js";
import type { Readable } from "../train/clip-store.js";
import type { MethodParts, StepPlace } from "../train/method.js";
import { type ScoredVideo, scored, type TrainVideo } from "../train/video.js";
import type { GrpoConfig } from "./keys.js";

/** The index plan of a video's perturbed twin: [frames], −1 for an empty frame. */
export type Perturb = (place: {
  step: number;
  seed: number;
  id: string;
  frames: number;
}) => ArrayLike<number>;

/** All that a step works with. */
export interface GrpoRun extends MethodParts {
  readonly config: Omit<GrpoConfig, "rewards" | "temporal">;
  readonly rewards: ReadonlyMap<string, Reward>;
  /** null: no perturbed twins. */
  readonly perturb: Perturb | null;
}

export interface Group {
  readonly video: ScoredVideo;
  readonly prompt: Prompt;
  readonly completions: readonly Completion[];
  readonly answers: Answer[];
  /** Answers to the perturbed twin. */
  readonly perturbed?: Answer[] | undefined;
}

export interface Rollout {
  readonly groups: readonly Group[];
  readonly seconds: number;
}

/** Every random stream is named by seed, step and video: the answers do not depend on how the run came here. */
export async function rollout(run: GrpoRun, { step, videos, signal }: StepPlace): Promise<Rollout> {
  const { config, model } = run;
  const start = performance.now();
  const twins: Readable[] = [];
  try {
    const prompts = videos.map(({ video, clip }) =>
      promptOf(run, video, clip, streamOf("rollout", config.seed, step, video.id)),
    );
    if (run.perturb !== null) {
      for (const { video, clip } of videos) {
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
    const groups = videos.map(({ video }, i) => ({
      video: scored(video),
      prompt: prompts[i] as Prompt,
      completions: output.groups[i] ?? [],
      answers: answersAt(i),
      perturbed: run.perturb === null ? undefined : answersAt(prompts.length + i),
    }));
    return { groups, seconds: (performance.now() - start) / 1000 };
  } finally {
    for (const { clip } of twins) clip.dispose();
  }
}

function promptOf({ inputIds, config }: GrpoRun, video: TrainVideo, clip: Clip, stream: bigint): Prompt {
  return { inputIds: inputIds(video), clip, stream, samples: config.samples };
}

function toAnswer({ model, config }: GrpoRun, { tokens }: Completion): Answer {
  const text = model.tokenizer.decode(tokens);
  return { text, score: parseAnswer(text, { variant: config.answers, top: model.settings.scale.max }).score };
}
