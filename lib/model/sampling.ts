/** What sampling takes, in one place: for the call that samples, and for those who refuse before anything is loaded. */
import { checkInteger, checkNumber } from "../core/check.js";
import type { GenerateOptions } from "./types.js";

export type Sampling = Pick<GenerateOptions, "maxNewTokens" | "temperature" | "topK" | "topP">;

/** @returns as the engine takes it: topK 0 and topP 1 keep everything. @throws {EngineError} E_OPTION. */
export function checkSampling({ maxNewTokens, temperature, topK, topP }: Sampling) {
  return {
    maxNewTokens: checkInteger("maxNewTokens", maxNewTokens, 1),
    temperature: checkNumber("temperature", temperature, 0, Number.MAX_VALUE),
    topK: topK === undefined ? 0 : checkInteger("topK", topK, 1),
    topP: topP === undefined ? 1 : checkNumber("topP", topP, Number.MIN_VALUE, 1),
  };
}
