/**
 * The first steps of the demonstration's training on one device, with everything that was sampled. Its videos are the
 * demonstration's as they are before the encoder, so that no ffmpeg is needed.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainingConfig } from "../../../lib/demo/training.js";
import { type Clip, type Completion, loadModel, type Model, type Prompt, train } from "../../../lib/index.js";
import { clipOfFrames } from "../../../lib/model/clip.js";
import { nativeEngine } from "../../../lib/run/engine.js";
import { FRAME_BYTES, FRAMES, SIDE } from "../../../lib/synthetic/geometry.js";
import type { SyntheticPlan } from "../../../lib/synthetic/plan.js";
import { renderClip } from "../../../lib/synthetic/render.js";
import { planSet } from "../../../lib/synthetic/render-set.js";
import { releasedPlan } from "../../../lib/video/frame-plan.js";

const SEED = 1;

export interface Rollout {
  readonly prompts: readonly Prompt[];
  readonly groups: readonly (readonly Completion[])[];
}

export interface DemoRun {
  /** One for each step. */
  readonly rollouts: readonly Rollout[];
  /** Mean reward of each step. */
  readonly rewards: readonly number[];
  readonly run: string;
  /** The clip that a prompt was about, again. */
  readonly reopen: (prompt: Prompt) => Promise<Clip>;
}

/** RGB [SIDE, SIDE, 3] of planar 4:2:0, BT.601 in the narrow range. */
function rgbOf(frame: Uint8Array): Uint8Array {
  const half = SIDE / 2;
  const rgb = new Uint8Array(SIDE * SIDE * 3);
  for (let i = 0; i < SIDE * SIDE; i++) {
    const chroma = SIDE * SIDE + Math.floor(i / SIDE / 2) * half + Math.floor((i % SIDE) / 2);
    const y = 1.164 * ((frame[i] as number) - 16);
    const [u, v] = [(frame[chroma] as number) - 128, (frame[chroma + half * half] as number) - 128];
    const colours = [y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u];
    for (const [c, value] of colours.entries())
      rgb[3 * i + c] = Math.max(0, Math.min(255, Math.round(value)));
  }
  return rgb;
}

/** @param plans  by the path that the list of videos names. */
function draw(
  plans: ReadonlyMap<string, SyntheticPlan>,
  path: string,
  frames: number,
  size: number,
): Promise<Clip> {
  const plan = plans.get(path);
  if (plan === undefined) throw new Error(`no synthetic clip ${path}`);
  const all = renderClip(plan);
  const pictures = Array.from(releasedPlan(FRAMES, frames), (index) => ({
    rgb: rgbOf(all.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES)),
    width: SIDE,
    height: SIDE,
  }));
  return clipOfFrames(pictures, size, new Float64Array(frames));
}

export interface DemoOptions {
  /** Fewer than the demonstration's where the kernels are emulated and time is short. */
  readonly videosPerStep?: number;
  /** Called after each step, from 1. */
  readonly onStep?: (step: number, reward: number) => void;
}

/**
 * @param dir     an empty folder.
 * @param videos  of the demonstration's training set, from its first on.
 */
export async function demoRun(
  dir: string,
  device: string,
  steps: number,
  videos: number,
  { videosPerStep, onStep }: DemoOptions = {},
): Promise<DemoRun> {
  const plans = new Map<string, SyntheticPlan>();
  const rows: string[] = [];
  for (const plan of planSet({ kind: "train", count: videos, seed: SEED })) {
    const video = join(dir, `${plan.index}.mp4`);
    await writeFile(video, "drawn when it is opened");
    plans.set(video, plan);
    rows.push(
      JSON.stringify({ id: `train-${plan.index}`, video, score: plan.score, scale: { min: 1, max: 5 } }),
    );
  }
  const data = join(dir, "train.jsonl");
  await writeFile(data, `${rows.join("\n")}\n`);
  const rollouts: Rollout[] = [];
  const rewards: number[] = [];
  const paths = new Map<Clip, string>();
  const watch = (model: Model): Model => {
    const generate = model.generate.bind(model);
    model.openClip = async (path, { frames, size }) => {
      const clip = await draw(plans, path, frames, size);
      paths.set(clip, path);
      return clip;
    };
    model.generate = async (options) => {
      const output = await generate(options);
      rollouts.push({ prompts: options.prompts, groups: output.groups });
      return output;
    };
    return model;
  };
  const engine = {
    ...nativeEngine,
    openModel: async (name: string, options: object) =>
      watch(await nativeEngine.openModel(name, { ...options, device })),
  };
  const demo = trainingConfig(join(dir, "run"), data, SEED);
  const config = {
    ...demo,
    steps,
    checkpointEvery: 1,
    ...(videosPerStep === undefined ? {} : { videosPerStep }),
  };
  const onEvent = (event: { type: string; reward?: unknown }) => {
    if (event.type !== "step") return;
    const reward = event.reward as number;
    rewards.push(reward);
    onStep?.(rewards.length, reward);
  };
  await train(config, { onEvent }, engine);
  const reopen = ({ clip }: Prompt) => {
    const { frames, size } = clip as Clip;
    return draw(plans, paths.get(clip as Clip) ?? "", frames, size);
  };
  return { rollouts, rewards, run: join(dir, "run"), reopen };
}

/** The model that a run had before a step, from 1. */
export function modelBefore({ run }: DemoRun, step: number) {
  const name = step === 1 ? "tiny-start" : join(run, "checkpoints", `step-${step - 1}`);
  return loadModel(name, { threads: 1 });
}
