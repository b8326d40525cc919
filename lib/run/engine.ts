/** Where a run's models and trainers come from. */
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import type { LoadOptions, Model, Trainer, TrainerOptions } from "../model/types.js";

export interface Engine {
  /** @param dir  a checkpoint folder, or the name of a shipped one. */
  openModel(dir: string, options: LoadOptions): Promise<Model>;
  openTrainer(model: Model, options: TrainerOptions): Promise<Trainer>;
}

/** Loaded when first needed, so that everything else works without libtorch. */
export const nativeEngine: Engine = {
  openModel: async (dir, options) =>
    (await import("../model/model.js")).openModel(shippedCheckpoint(dir) ?? dir, options),
  openTrainer: async (model, options) => (await import("../model/trainer.js")).openTrainer(model, options),
};
