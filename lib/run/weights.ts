/** The weights of a run, whole or as adapters: the model that it begins with, and how the state after a step is kept. */
import { checkRated } from "../model/limits.js";
import type { LoadOptions, Model } from "../model/types.js";
import type { Engine } from "./engine.js";
import type { RunKeys } from "./keys.js";
import { USUAL_WITH_LORA } from "./lora-keys.js";

export interface RunWeights {
  /** The model as it is before the first step. */
  begin(onProgress?: LoadOptions["onProgress"]): Promise<Model>;
  /** Writes the weights as they are now, into a folder that `open` takes. */
  save(model: Model, dir: string): Promise<void>;
  open(dir: string): Promise<Model>;
}

export function runWeights(
  { model: first, lora, seed }: Pick<RunKeys, "model" | "lora" | "seed">,
  load: Omit<LoadOptions, "onProgress">,
  engine: Engine,
): RunWeights {
  if (lora === undefined)
    return {
      begin: (onProgress) => engine.openModel(first, { ...load, onProgress }),
      save: (model, dir) => model.save(dir),
      // What is saved has motion parts of its own.
      open: (dir) => engine.openModel(dir, { ...load, slowfast: undefined }),
    };
  return {
    async begin(onProgress) {
      const model = await engine.openModel(first, { ...load, onProgress });
      try {
        await engine.addAdapter(model, lora, seed);
        return model;
      } catch (error) {
        model.dispose();
        throw error;
      }
    },
    save: (model, dir) => engine.saveAdapter(model, dir),
    open: (dir) => engine.openModel(first, { ...load, adapter: dir }),
  };
}

/** The keys with the parts that train: those that nobody said are as the model has them. */
export async function withParts<K extends RunKeys>(keys: K, engine: Pick<Engine, "hasMotion">): Promise<K> {
  // The list itself, not one like it that somebody wrote.
  if (keys.trainable !== USUAL_WITH_LORA || (await engine.hasMotion(keys))) return keys;
  checkRated(keys.learningRates ?? {}, ["adapters"]);
  return { ...keys, trainable: ["adapters"] };
}
