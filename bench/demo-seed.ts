/** A seed of the demonstration opened for several learnings: its clips rendered once, and never decoded again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Screen } from "../lib/core/screen.js";
import { HELD_OUT_VIDEOS, TRAIN_VIDEOS } from "../lib/demo/options.js";
import { HELD_OUT, HELD_OUT_NAMES, type OpenedSet } from "../lib/demo/sets.js";
import { EngineError, loadModel, type ScoringModel } from "../lib/index.js";
import type { Clip } from "../lib/model/types.js";
import { type Engine, nativeEngine } from "../lib/run/engine.js";
import { listed, renderSet } from "../lib/synthetic/render-set.js";
import { THREADS } from "../lib/trial/overlay.js";
import { renderTrainingClips } from "../scripts/tiny/clips.js";

/** Training videos, and an engine that finds them decoded. */
export interface TrainingVideos {
  /** Their list. */
  readonly data: string;
  readonly engine: Engine;
}

export interface DemoSeed {
  readonly seed: number;
  /** Of its own, for run folders; it is removed in the end. */
  readonly scratch: string;
  /** The model that learnings begin with. */
  readonly tiny: ScoringModel;
  /** Held out. */
  readonly sets: readonly OpenedSet[];
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** @param clips  default: as many as the demonstration has, which are the first of any more. */
  training(clips?: number): Promise<TrainingVideos>;
}

/** Renders what the demonstration has of a seed, frame by frame as it would decode it, and disposes of it when `use` is done. */
export async function onSeed(seed: number, use: (opened: DemoSeed) => Promise<void>): Promise<void> {
  // What a learning says goes to the other stream, so that the first one holds rows.
  const screen = new Screen(process.stderr);
  const { signal } = new AbortController();
  const scratch = await mkdtemp(join(tmpdir(), "vqathinker-bench-"));
  const tiny = await loadModel("tiny-start", { threads: THREADS });
  const made: Clip[] = [];
  const render = async (kind: Parameters<typeof renderSet>[0]["kind"], count: number) => {
    const rendered = await renderTrainingClips({ kind, count, seed, signal });
    made.push(...rendered.map(({ clip }) => clip));
    screen.say(`  rendered ${count} clips, ${kind}`);
    return rendered;
  };
  const trained = new Map<number, Promise<TrainingVideos>>();
  const training = async (count: number): Promise<TrainingVideos> => {
    const dir = join(scratch, `clips-${count}`);
    const { manifest, videos } = await renderSet({ kind: "train", count, seed, dir, signal });
    const clips = await render("train", count);
    return {
      data: manifest,
      engine: engineWith(new Map(videos.map((path, i) => [path, clips[i]?.clip as Clip]))),
    };
  };
  try {
    const sets: OpenedSet[] = [];
    for (const name of HELD_OUT_NAMES) {
      const rendered = await render(HELD_OUT[name], HELD_OUT_VIDEOS);
      sets.push({
        name,
        entries: rendered.map(({ plan }) => listed(plan)),
        clips: rendered.map(({ clip }) => clip),
      });
    }
    await use({
      ...{ seed, scratch, tiny, sets, screen, signal },
      training(clips = TRAIN_VIDEOS) {
        const known = trained.get(clips) ?? training(clips);
        trained.set(clips, known);
        return known;
      },
    });
  } finally {
    for (const clip of made) clip.dispose();
    tiny.dispose();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** An engine whose models have these files' frames at hand; a learning disposes of its own copies alone. */
function engineWith(frames: ReadonlyMap<string, Clip>): Engine {
  return {
    ...nativeEngine,
    async openModel(dir, options) {
      const model = await nativeEngine.openModel(dir, options);
      model.openClip = async (path) => {
        const clip = frames.get(path);
        if (clip === undefined)
          throw new EngineError("E_INTERNAL", `${path} was not rendered for this bench`);
        return clip.perturb(Int32Array.from({ length: clip.frames }, (_, i) => i));
      };
      return model;
    },
  };
}
