/** Where a run's files lie when it goes on: as its config.json says, or at a place that is named anew. */
import { isAbsolute } from "node:path";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import type { RunKeys } from "./keys.js";

/** Keys that say where something lies. */
export const PLACES = ["model", "data", "videos", "slowfast", "prompt"] as const;

/** New places of what has moved since the run began: what lies there is the same, or is refused. */
export type Moved = { readonly [K in (typeof PLACES)[number]]?: string | undefined };

/**
 * The configuration with the new places in it.
 *
 * @param stored  as config.json has it.
 * @throws {EngineError} E_OPTION for a new place of what the run has not; for a relative path that is not named anew,
 *                       which means nothing here.
 */
export function withMoved<C extends RunKeys>(stored: C, moved: Moved): C {
  for (const key of PLACES) {
    const [place, now] = [stored[key], moved[key]];
    if (now === undefined) {
      if (place === undefined || isAbsolute(place) || (key === "model" && shippedCheckpoint(place) !== null))
        continue;
      const hint = `the run was begun elsewhere with a relative path: say where it is now (--${key})`;
      throw optionError(key, "an absolute path in config.json", place, hint);
    }
    // The list's own folder is where videos are unless another one was said.
    if (place === undefined && key !== "videos")
      throw optionError(key, `nothing: the run has no ${key}`, now, "a run goes on with what it began with");
  }
  const given = Object.entries(moved).filter(([, place]) => place !== undefined);
  return { ...stored, ...Object.fromEntries(given) };
}
