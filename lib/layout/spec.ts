/**
 * config.json → geometry, in whichever layout it is. Keys that are not known are ignored; a number that is needed and
 * not found is an error, never a guess. Knows no tensor names.
 */
import type { JsonObject } from "../core/json.js";
import { refuse, shown } from "../core/refuse.js";
import type { ModelConfig } from "./config-parts.js";
import { readHfConfig } from "./spec-hf.js";
import { readOriginalConfig } from "./spec-original.js";

export type { ModelConfig };

/**
 * Reads a parsed config.json.
 *
 * @param file  Its path, for messages.
 * @throws {EngineError} E_FORMAT naming file and every field that is missing, mistyped or of a variant that the engine
 *   does not compute.
 */
export function readModelConfig(json: JsonObject, file: string): ModelConfig {
  const { model_type: type } = json;
  if (type !== "internvl" && type !== "internvl_chat") {
    return refuse(
      file,
      null,
      `model_type: expected "internvl" (transformers) or "internvl_chat" (OpenGVLab), found ${shown(type)}`,
    );
  }
  const config = type === "internvl" ? readHfConfig(json, file) : readOriginalConfig(json, file);
  const { vocabulary } = config.geometry.language;
  if (config.imageToken !== null && config.imageToken >= vocabulary)
    refuse(file, null, `image_token_id ${config.imageToken} is outside the vocabulary of ${vocabulary}`);
  return config;
}
