/** Where a run's models and trainers come from. */
import { clipPlanOf } from "../checkpoint/clip-plan.js";
import { checkFits } from "../checkpoint/fit.js";
import { checkpointIdentity } from "../checkpoint/identity.js";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { surveyCheckpoint } from "../checkpoint/survey.js";
import { optionError } from "../core/check.js";
import { streamOf } from "../core/rng.js";
import { toType } from "../core/to-type.js";
import { isAdapterFolder } from "../model/adapter-folder.js";
import { plannedAdapter } from "../model/adapter-options.js";
import { cardOf } from "../model/device.js";
import { ModelShape, readFolder } from "../model/shape.js";
import type { LoadOptions, Model, Trainer, TrainerOptions } from "../model/types.js";
import { weightIdentity } from "../weights/identity.js";
import type { Inputs } from "./inputs.js";
import type { RunKeys } from "./keys.js";
import { hostRoom, type Room, type RunLook } from "./memory.js";

export interface Engine {
  /** @param dir  a checkpoint folder, or the name of a shipped one. */
  openModel(dir: string, options: LoadOptions): Promise<Model>;
  /** Puts a run's adapters on the model that it begins with; their start is named by the run's seed. */
  addAdapter(model: Model, lora: NonNullable<RunKeys["lora"]>, seed: number): Promise<void>;
  /** Writes the model's adapters, and what else trained with them. */
  saveAdapter(model: Model, dir: string): Promise<void>;
  openTrainer(model: Model, options: TrainerOptions): Promise<Trainer>;
  /**
   * What the files of a model are known by.
   *
   * @param dir  as for openModel.
   * @throws {EngineError} E_FORMAT for files that are no such model's.
   */
  identify(dir: string, slowfast: string | undefined): Promise<Pick<Inputs, "model" | "slowfast">>;
  /**
   * Looks at the shape of `keys.model` alone, before its weights are read and, on the CPU, libtorch is looked for.
   *
   * @returns what the plan of a run's memory needs to know.
   * @throws {EngineError} E_OPTION for keys that do not fit it; E_FORMAT for what is no checkpoint; as openModel for a device
   *   that is not there.
   */
  checkFits(
    keys: Pick<
      RunKeys,
      "model" | "slowfast" | "motion" | "frames" | "imageSize" | "sampling" | "trainable" | "lora" | "device"
    >,
  ): Promise<RunLook>;
  /** Has the model motion parts? Throws as checkFits. */
  hasMotion(keys: Pick<RunKeys, "model" | "slowfast" | "motion">): Promise<boolean>;
}

function roomOn(asked: string): Room {
  const card = cardOf(asked);
  return card === null ? hostRoom() : { device: "cuda", total: card.bytes || null, free: null };
}

/** Loaded when first needed, so that everything else works without libtorch. */
export const nativeEngine: Engine = {
  openModel: async (dir, options) =>
    (await import("../model/model.js")).openModel(shippedCheckpoint(dir) ?? dir, options),
  addAdapter: async (model, lora, seed) =>
    (await import("../model/adapter.js")).addAdapter(model, { ...lora, stream: streamOf("adapter", seed) }),
  saveAdapter: async (model, dir) => (await import("../model/adapter.js")).saveAdapter(model, dir),
  openTrainer: async (model, options) => (await import("../model/trainer.js")).openTrainer(model, options),
  async identify(dir, slowfast) {
    const folder = shippedCheckpoint(dir) ?? dir;
    if (await isAdapterFolder(folder)) {
      const hint = `${toType("merge", dir, "--out", "DIR")} makes one of the adapter and its base; train goes on from that`;
      throw optionError("model", "a checkpoint with weights of its own", dir, hint);
    }
    // What is no checkpoint is refused by who knows best what it is.
    await surveyCheckpoint(folder, { slowfast });
    const model = await checkpointIdentity(folder);
    return slowfast === undefined ? { model } : { model, slowfast: await weightIdentity(slowfast) };
  },
  hasMotion: async ({ model, slowfast, motion }) =>
    (await surveyCheckpoint(shippedCheckpoint(model) ?? model, { slowfast, motion })).hasMotion,
  async checkFits({ model, slowfast, motion, lora, device, ...keys }) {
    const folder = await readFolder(shippedCheckpoint(model) ?? model, { slowfast, motion });
    const { dir, geometry, hasMotion, survey } = folder.checkpoint;
    if (lora !== undefined) plannedAdapter(survey.config, dir, lora, "lora.");
    checkFits({ patch: geometry.vision.patch, hasMotion }, keys);
    const { frames, size } = clipPlanOf(folder.settings, keys);
    const shape = new ModelShape(folder);
    shape.slots(frames, size);
    return {
      shape: { config: survey.config, parameters: survey.mapped },
      model: shape,
      room: roomOn(device),
    };
  },
};
