/** PEFT's adapter folder for a base model, looked at whole before anything is opened. */
import { join } from "node:path";
import { refuse, shown } from "../core/refuse.js";
import type { ModelConfig } from "../layout/config-parts.js";
import type { AdapterSpec } from "../native/binding.js";
import {
  type AdaptedModule,
  type AdapterSettings,
  adaptedModules,
  CONFIG_FILE,
  readAdapterConfig,
} from "./config.js";
import { linearModules, targetedModules } from "./modules.js";
import { readAdapterTensors } from "./tensors.js";

/** An adapter as a model has it. */
export interface HeldAdapter {
  readonly settings: AdapterSettings;
  readonly modules: readonly AdaptedModule[];
}

/**
 * @param config  of the base model.
 * @throws {EngineError} E_FORMAT naming file and key or tensor: what would have no effect, or another one than PEFT's.
 */
export async function readAdapter(
  dir: string,
  config: ModelConfig,
): Promise<HeldAdapter & { readonly specs: readonly AdapterSpec[] }> {
  const file = join(dir, CONFIG_FILE);
  const settings = await readAdapterConfig(file);
  const all = linearModules(config);
  const targeted = targetedModules(all, settings.targets, (place, expected, found, hint) => {
    const why = hint === "" ? "" : `; ${hint}`;
    return refuse(file, null, `target_modules${place}: expected ${expected}, found ${shown(found)}${why}`);
  });
  const modules = adaptedModules(settings, targeted, file);
  return { settings, modules, specs: await readAdapterTensors(dir, settings, all, modules) };
}
