/** What SFT measures of a step: its part of the step's event. */
import type { StepMetrics } from "../model/types.js";
import type { RunEvent } from "../run-folder/events.js";

/** `loss` is −Σ w log π / Σ w before the update; `completionTokens` counts the replies' tokens. */
export interface SftMeasures extends Pick<StepMetrics, "loss" | "gradNorm" | "completionTokens"> {
  readonly updateSeconds: number;
}

/** What a run of SFT tells. */
export type SftEvent = RunEvent<SftMeasures>;
