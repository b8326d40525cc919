/** The layouts of checkpoints that can be read and written, a line for each; unknown keys of config.json are ignored. */
import type { JsonObject } from "../core/json.js";
import { refuse, shown } from "../core/refuse.js";
import type { ModelConfig } from "./config-parts.js";
import { HF_NATIVE } from "./hf.js";
import type { Layout } from "./layout.js";
import { ORIGINAL } from "./original.js";

export const LAYOUTS = { hf: HF_NATIVE, original: ORIGINAL } satisfies Record<string, Layout>;

export type LayoutName = keyof typeof LAYOUTS;

/** What config.json says, and in which layout. */
export interface CheckpointConfig extends ModelConfig {
  readonly layout: LayoutName;
}

/** The names of all layouts, for options. */
export function layoutNames(): LayoutName[] {
  return Object.keys(LAYOUTS) as LayoutName[];
}

/**
 * Reads a parsed config.json, in whichever layout it is; a number that is needed and not found is an error, never a
 * guess.
 *
 * @param file  Its path, for messages.
 * @throws {EngineError} E_FORMAT for another `model_type`; as the layout's readConfig.
 */
export function readModelConfig(json: JsonObject, file: string): CheckpointConfig {
  const { model_type: type } = json;
  const layout = layoutNames().find((name) => LAYOUTS[name].modelType === type);
  if (layout === undefined) {
    const known = Object.values(LAYOUTS).map(({ modelType, program }) => `"${modelType}" (${program})`);
    return refuse(file, null, `model_type: expected ${known.join(" or ")}, found ${shown(type)}`);
  }
  const config = LAYOUTS[layout].readConfig(json, file);
  const { vocabulary } = config.geometry.language;
  if (config.imageToken !== null && config.imageToken >= vocabulary)
    refuse(file, null, `image_token_id ${config.imageToken} is outside the vocabulary of ${vocabulary}`);
  return { ...config, layout };
}
