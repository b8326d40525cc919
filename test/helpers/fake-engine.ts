/**
 * A model and trainer without tensors, behind the public interfaces. Its one weight is a bias of its scores; the
 * trainer moves it towards the answers with the larger advantages, so that learning shows.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkpointIdentity } from "../../lib/checkpoint/identity.js";
import { settingsSchema } from "../../lib/checkpoint/settings.js";
import { EngineError } from "../../lib/core/errors.js";
import { streamOf, uniform } from "../../lib/core/rng.js";
import { familyConfig } from "../../lib/layout/families.js";
import type { Clip, ClipPlan, GenerateOptions, Model, StepOptions, Trainer } from "../../lib/model/types.js";
import { familyParameters } from "../../lib/random-checkpoint/random-checkpoint.js";
import type { Engine } from "../../lib/run/engine.js";
import { planFrames } from "../../lib/video/frame-plan.js";

const SPECIAL = ["<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"];
const CUT = /(<\|im_start\|>|<\|im_end\|>|<img>|<\/img>|<IMG_CONTEXT>)/;

/** Characters are tokens, offset by the special ones. */
export const fakeTokenizer: Model["tokenizer"] = {
  encode: (text) =>
    Int32Array.from(
      text
        .split(CUT)
        .flatMap((part) =>
          SPECIAL.includes(part)
            ? [SPECIAL.indexOf(part)]
            : [...part].map((c) => SPECIAL.length + (c.codePointAt(0) ?? 0)),
        ),
    ),
  decode: (tokens) =>
    Array.from(tokens, (id) => (id < SPECIAL.length ? "" : String.fromCodePoint(id - SPECIAL.length))).join(
      "",
    ),
  idOf: (token) => (SPECIAL.includes(token) ? SPECIAL.indexOf(token) : null),
  imageSlot: SPECIAL.indexOf("<IMG_CONTEXT>"),
  imageBegin: SPECIAL.indexOf("<img>"),
  imageEnd: SPECIAL.indexOf("</img>"),
  turnEnd: SPECIAL.indexOf("<|im_end|>"),
};

export interface FakeState {
  bias: number;
  /** Of a model that is opened beside the one that trains, from weights of before its first update. */
  readonly begun: number;
  openClips: number;
  opened: string[];
  /** Frames that were decoded where a function chose them. */
  sampled: string[];
  /** How each clip was asked for. */
  plans: ClipPlan[];
  /** The order of frames of each twin that was made of a clip's own. */
  reordered: string[];
  /** The text of every prompt, without its special tokens. */
  asked: string[];
  generateCalls: number;
  disposed: number;
  /** What the model writes for a score; the default has the right format. */
  write: (score: number) => string;
  /** Called before each generation: to abort there. */
  onGenerate: () => void;
  /** Called before each update, and before each save: to fail there. */
  onUpdate: () => void;
  onSave: () => void;
  /** Can this video be read? May throw what is no fault of the video. */
  readable: (path: string) => boolean;
}

/** Frames of every video. */
const FILE_FRAMES = 40;

interface FakeClip extends Clip {
  readonly quality: number;
  readonly order: string;
}

function fakeClip(state: FakeState, quality: number, frames: number, size: number, order: string): FakeClip {
  state.openClips++;
  let open = true;
  return {
    quality,
    order,
    frames,
    size,
    frameTimes: Float64Array.from({ length: frames }, (_, i) => i / 2),
    perturb: (indices) => {
      state.reordered.push(indices.join(" "));
      return fakeClip(state, quality - 0.5, indices.length, size, indices.join(" "));
    },
    dispose: () => {
      if (open) state.openClips--;
      open = false;
    },
  };
}

/** A video named `…q37.mp4` is worth 3.7; one with "broken" in its name cannot be read. */
export function fakeModel(
  state: FakeState,
  dir = "fake",
  { bias = () => state.bias, motion = true }: { bias?: () => number; motion?: boolean | undefined } = {},
): Model {
  return {
    dir,
    tokenizer: fakeTokenizer,
    settings: settingsSchema.parse({
      ...{ frames: 4, imageSize: 28, maxNewTokens: 64, notice: "a fake" },
      fragments: { patch: 14 },
    }),
    hasMotion: motion,
    visualTokens: () => 2,
    slots: (frames) => ({ frames, visualTokens: 2, motion }),
    async openClip(path, plan) {
      const { frames, size, sampling, fragments, signal } = plan;
      await new Promise((go) => setImmediate(go));
      signal?.throwIfAborted();
      state.opened.push(basename(path));
      state.plans.push(plan);
      if (!state.readable(path)) throw new EngineError("E_MEDIA", `${path}: broken`);
      const named = /q(\d+)/.exec(basename(path))?.[1]; // not in the folder: its name may be random
      const order =
        typeof sampling === "function" ? planFrames(FILE_FRAMES, frames, sampling, fragments).join(" ") : "";
      if (order !== "") state.sampled.push(order);
      return fakeClip(state, Number(named ?? 0) / 10, frames, size, order);
    },
    async generate({ prompts, temperature, signal }: GenerateOptions) {
      state.generateCalls++;
      state.onGenerate();
      await new Promise((go) => setImmediate(go));
      signal?.throwIfAborted();
      return {
        groups: prompts.map(({ clip, stream, samples, inputIds }) => {
          const { quality, frames } = clip as FakeClip;
          state.asked.push(fakeTokenizer.decode(inputIds));
          if (
            inputIds.filter((id) => id === fakeTokenizer.imageSlot).length !==
            2 * frames + (motion ? 1 : 0)
          )
            throw new Error("slots do not fit");
          const name = typeof stream === "string" ? streamOf(stream) : stream;
          return Array.from({ length: samples }, (_, k) => {
            const score = quality + bias() + temperature * (uniform(name, k, 0) - 0.5);
            const tokens = Int32Array.of(...fakeTokenizer.encode(state.write(score)), fakeTokenizer.turnEnd);
            return { tokens, logProbs: new Float32Array(tokens.length), stop: "end" as const };
          });
        }),
      };
    },
    logProbs: async ({ completions }) => completions.map(() => new Float32Array()),
    async save(target) {
      state.onSave();
      await mkdir(target, { recursive: true });
      await writeFile(join(target, "bias.json"), JSON.stringify(bias()));
    },
    dispose: () => {
      state.disposed++;
    },
  };
}

function fakeTrainer(state: FakeState): Trainer {
  return {
    async step({ groups, learningRate }: StepOptions) {
      state.onUpdate();
      let pull = 0;
      for (const { completions, advantages } of groups) {
        const scores = completions.map((completion) => {
          const text = fakeTokenizer.decode("tokens" in completion ? completion.tokens : completion);
          return Number(/<answer>(.*)<\/answer>/.exec(text)?.[1] ?? 0);
        });
        scores.forEach((score, k) => {
          pull += (score - (scores[0] ?? 0)) * (advantages?.[k] ?? 0);
        });
      }
      state.bias += (learningRate * pull) / groups.length;
      return {
        loss: -pull,
        kl: 0,
        klTerm: 0,
        entropy: 0,
        clipFraction: 0,
        clipLowFraction: 0,
        clipHighFraction: 0,
        clipLowLeast: 0,
        clipHighMost: 0,
        ratio: 1,
        phi: 0,
        gradNorm: Math.abs(pull),
        completionTokens: 1,
        seconds: 0,
        predictions: new Float32Array(),
      };
    },
    save: (dir) => writeFile(join(dir, "trainer.json"), JSON.stringify(state.bias)),
    async load(dir) {
      state.bias = JSON.parse(await readFile(join(dir, "trainer.json"), "utf8")) as number;
    },
    dispose: () => {
      state.disposed++;
    },
  };
}

export function fakeState(bias = 0): FakeState {
  const write = (score: number) => `<think>looks fine</think><answer>${score.toFixed(2)}</answer>`;
  return {
    bias,
    begun: bias,
    openClips: 0,
    opened: [],
    sampled: [],
    plans: [],
    reordered: [],
    asked: [],
    generateCalls: 0,
    disposed: 0,
    write,
    onGenerate: () => {},
    onUpdate: () => {},
    onSave: () => {},
    readable: (path) => !path.includes("broken"),
  };
}

/** More than any run of a test takes. */
const FAKE_ROOM = { device: "cpu" as const, total: 2 ** 40, free: 2 ** 40 };

/** The first model is the one that trains; others that are opened stay as they are. */
export function fakeEngine(state: FakeState): Engine {
  let opened = 0;
  return {
    async openModel(dir, { motion }) {
      if (opened++ === 0) return fakeModel(state, dir, { motion });
      const file = join(dir, "bias.json");
      const own = existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as number) : state.begun;
      return fakeModel(state, dir, { bias: () => own, motion });
    },
    addAdapter: async () => {},
    saveAdapter: (model, dir) => model.save(dir),
    openTrainer: async () => fakeTrainer(state),
    hasMotion: async () => true,
    async checkFits({ motion }) {
      const like = "internvl3-1b";
      const shape = { config: familyConfig(like, 1), parameters: familyParameters(like, 1) };
      return { shape, model: fakeModel(state, "fake", { motion }), room: FAKE_ROOM };
    },
    identify: async (dir) => ({
      model: existsSync(join(dir, "config.json"))
        ? await checkpointIdentity(dir)
        : { files: {}, weights: [] },
    }),
  };
}
