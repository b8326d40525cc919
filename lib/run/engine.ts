/** Where a run's models and trainers come from. */
import { checkFits } from "../checkpoint/fit.js";
import { checkpointIdentity } from "../checkpoint/identity.js";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { surveyCheckpoint } from "../checkpoint/survey.js";
import { ModelShape, readFolder } from "../model/shape.js";
import type { LoadOptions, Model, Trainer, TrainerOptions } from "../model/types.js";
import { weightIdentity } from "../weights/identity.js";
import type { Inputs } from "./inputs.js";
import type { RunKeys } from "./keys.js";

export interface Engine {
  /** @param dir  a checkpoint folder, or the name of a shipped one. */
  openModel(dir: string, options: LoadOptions): Promise<Model>;
  openTrainer(model: Model, options: TrainerOptions): Promise<Trainer>;
  /**
   * What the files of a model are known by.
   *
   * @param dir  as for openModel.
   * @throws {EngineError} E_FORMAT for files that are no such model's.
   */
  identify(dir: string, slowfast: string | undefined): Promise<Pick<Inputs, "model" | "slowfast">>;
  /**
   * Looks at the shape of `keys.model` alone, before its weights are read and libtorch is looked for.
   *
   * @throws {EngineError} E_OPTION for keys that do not fit it; E_FORMAT for what is no checkpoint.
   */
  checkFits(
    keys: Pick<RunKeys, "model" | "slowfast" | "motion" | "frames" | "imageSize" | "trainable">,
  ): Promise<void>;
}

/** Loaded when first needed, so that everything else works without libtorch. */
export const nativeEngine: Engine = {
  openModel: async (dir, options) =>
    (await import("../model/model.js")).openModel(shippedCheckpoint(dir) ?? dir, options),
  openTrainer: async (model, options) => (await import("../model/trainer.js")).openTrainer(model, options),
  async identify(dir, slowfast) {
    const folder = shippedCheckpoint(dir) ?? dir;
    // What is no checkpoint is refused by who knows best what it is.
    await surveyCheckpoint(folder, { slowfast });
    const model = await checkpointIdentity(folder);
    return slowfast === undefined ? { model } : { model, slowfast: await weightIdentity(slowfast) };
  },
  async checkFits({ model, slowfast, motion, ...keys }) {
    const folder = await readFolder(shippedCheckpoint(model) ?? model, { slowfast, motion });
    const { geometry, hasMotion } = folder.checkpoint;
    checkFits({ patch: geometry.vision.patch, hasMotion }, keys);
    const { frames, imageSize } = folder.settings;
    new ModelShape(folder).slots(keys.frames ?? frames, keys.imageSize ?? imageSize);
  },
};
