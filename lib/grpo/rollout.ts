/** The rollout of a step: its videos' clips and perturbed twins → K parsed answers to each, in one call. */
import { optionError } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import type { DecodedPlan } from "../data/perturb-decoded.js";
import type { Clip, Completion, Model, Prompt } from "../model/types.js";
import type { RewardTable } from "../rewards/combine.js";
import type { Answer, Reward } from "../rewards/reward.js";
import { parseAnswer } from "../text/answer.js";
import type { Readable } from "../train/clip-store.js";
import type { MethodParts, StepPlace } from "../train/method.js";
import { type ScoredVideo, scored, type TrainVideo } from "../train/video.js";
import { cutOf, planFrames } from "../video/frame-plan.js";
import type { GrpoConfig } from "./keys.js";

/** Which twin is made: the perturbed video of a step. */
export interface PerturbPlace {
  readonly step: number;
  readonly seed: number;
  readonly id: string;
  /** F, frames of the clip; of fragments its mosaics: the whole frame behind them keeps its place. */
  readonly frames: number;
}

/**
 * How a video's perturbed twin is made: of the clip's own frames, as a plan [F] that names the frame for each place, −1 for
 * an empty one; or of the file's frames, as a function from those that the clip has to those that the twin has.
 */
export type Perturb = (place: PerturbPlace) => ArrayLike<number> | DecodedPlan;

/** All that a step works with. */
export interface GrpoRun extends MethodParts {
  readonly config: Omit<GrpoConfig, "rewards" | "temporal">;
  /** The model that answers: the one that learns, or an old policy. */
  readonly sampler: Model;
  readonly rewards: ReadonlyMap<string, Reward>;
  /** null: no perturbed twins. */
  readonly perturb: Perturb | null;
  /** Answers to each of them. */
  readonly perturbedSamples: number;
  /** Is told the rewards of a step before its update. */
  readonly onRewards?: ((table: RewardTable, rollout: Rollout) => void) | undefined;
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

/**
 * Every random stream is named by seed, step and video: the answers do not depend on how the run came here.
 *
 * @param round  how often these videos were asked in this step before; it names other streams.
 */
export async function rollout(
  run: GrpoRun,
  { step, videos, signal }: StepPlace,
  round = 0,
): Promise<Rollout> {
  const { config, sampler } = run;
  const start = performance.now();
  const stream = (name: string, id: string) =>
    streamOf(name, config.seed, step, id, ...(round === 0 ? [] : [round]));
  const twins: Readable[] = [];
  try {
    // A twin comes right behind its video: frames that they share are looked at once where both are in one pass.
    const prompts: Prompt[] = [];
    const each = run.perturb === null ? 1 : 2;
    for (const { video, clip } of videos) {
      prompts.push(promptOf(run, video, clip, stream("rollout", video.id), config.samples));
      if (run.perturb === null) continue;
      const place = { step, seed: config.seed, id: video.id, frames: movable(run, clip) };
      const twin = {
        video,
        clip: await twinOf(run, { video, clip }, checkedPlan(run.perturb(place), place)),
      };
      twins.push(twin);
      const named = stream("perturbed rollout", video.id);
      prompts.push(promptOf(run, video, twin.clip, named, run.perturbedSamples));
    }
    const { maxNewTokens, temperature, topK, topP } = config;
    const sampling = { maxNewTokens, temperature, topK: topK === 0 ? undefined : topK, topP, signal };
    const output = await sampler.generate({ prompts, ...sampling });
    const answersAt = (place: number) =>
      output.groups[place]?.map((completion) => toAnswer(run, completion)) ?? [];
    const groups = videos.map(({ video }, i) => ({
      video: scored(video),
      prompt: prompts[each * i] as Prompt,
      completions: output.groups[each * i] ?? [],
      answers: answersAt(each * i),
      perturbed: run.perturb === null ? undefined : answersAt(each * i + 1),
    }));
    return { groups, seconds: (performance.now() - start) / 1000 };
  } finally {
    for (const { clip } of twins) clip.dispose();
  }
}

/** Frames of a clip that may change places. */
function movable({ plan }: GrpoRun, { frames }: Clip): number {
  return cutOf(plan.sampling, plan.fragments) === null ? frames : frames - 1;
}

/** Frames that the clip has are shared with it; others are decoded. Fragments stay fragments, and the last frame whole. */
async function twinOf(
  { model, plan }: GrpoRun,
  { video, clip }: Readable,
  twin: ArrayLike<number> | DecodedPlan,
): Promise<Clip> {
  if (typeof twin !== "function") {
    const kept = Array.from({ length: clip.frames - twin.length }, (_, i) => twin.length + i);
    return clip.perturb(Int32Array.from([...Array.from(twin), ...kept]));
  }
  const sampling = (frameCount: number, frames: number) =>
    checkedFrames(
      twin(planFrames(frameCount, frames, plan.sampling, plan.fragments), frameCount),
      frames,
      0,
      frameCount,
      video.id,
    );
  return model.openClip(video.path, { ...plan, sampling });
}

/** @throws {EngineError} E_OPTION for what is no plan of the clip's frames, and no function of the file's. */
function checkedPlan(
  plan: ArrayLike<number> | DecodedPlan,
  { frames, id, step }: PerturbPlace,
): ArrayLike<number> | DecodedPlan {
  if (typeof plan === "function") return plan;
  return checkedFrames(plan, frames, -1, frames, `${id} in step ${step}`);
}

function checkedFrames(
  plan: ArrayLike<number>,
  places: number,
  least: number,
  frameCount: number,
  of: string,
): ArrayLike<number> {
  const refused = (found: unknown) =>
    optionError(
      "perturb",
      `${places} whole numbers from ${least} to ${frameCount - 1} for video ${of}`,
      found,
    );
  // A program's own function may give anything.
  const length = (plan as ArrayLike<number> | null | undefined)?.length;
  if (length === undefined) throw refused(plan);
  if (length !== places) throw refused(`${length} of them`);
  for (const frame of Array.from(plan))
    if (!Number.isInteger(frame) || frame < least || frame >= frameCount) throw refused(frame);
  return plan;
}

function promptOf(
  { inputIds }: GrpoRun,
  video: TrainVideo,
  clip: Clip,
  stream: bigint,
  samples: number,
): Prompt {
  return { inputIds: inputIds(video), clip, stream, samples };
}

function toAnswer({ model, config }: GrpoRun, { tokens }: Completion): Answer {
  const text = model.tokenizer.decode(tokens);
  const { score } = parseAnswer(text, { variant: config.answers, top: model.settings.scale.max });
  return { text, score, tokens: tokens.length };
}
