/** Where a run's files lie when it goes on: as its config.json says, or at a place that is named anew. */
import { isAbsolute } from "node:path";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { statIfThere } from "../core/absent.js";
import { checkPath, optionError } from "../core/check.js";
import { flagOf } from "../core/flag-name.js";
import { shown } from "../core/refuse.js";
import type { RunKeys } from "./keys.js";

/** Keys that say where something lies. */
export const PLACES = ["model", "data", "videos", "slowfast", "prompt", "evalData", "evalVideos"] as const;

/** New places of what has moved since the run began: what lies there is the same, or is refused. */
export type Moved = { readonly [K in (typeof PLACES)[number]]?: string | undefined };

/** The new places among other options. @throws {EngineError} E_OPTION for what is no path. */
export function movedOf(options: Moved): Moved {
  for (const key of PLACES) if (options[key] !== undefined) checkPath(key, options[key]);
  return Object.fromEntries(PLACES.map((key) => [key, options[key]]));
}

/** How to name what has only moved. @param dataset  Did a program give the videos? Then it names options and no flags. */
export function movedHint(dataset: boolean): string {
  const either = (names: readonly string[]) => `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  if (!dataset) return `what has only moved is named with ${either(PLACES.map(flagOf))}`;
  const others = PLACES.filter((key) => key !== "data" && key !== "videos");
  const videos =
    "the dataset as it was written, entry by entry; the folder that its videos are in now is the option videos";
  return `${videos}, and what else has only moved is named with ${either(others)}`;
}

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
      const hint = `the run was begun elsewhere with a relative path: say where it is now (${flagOf(key)})`;
      throw optionError(key, "an absolute path in config.json", place, hint);
    }
    // The list's own folder is where videos are unless another one was said.
    if (place === undefined && key !== "videos" && key !== "evalVideos")
      throw optionError(key, `nothing: the run has no ${key}`, now, "a run goes on with what it began with");
  }
  const given = Object.entries(moved).filter(([, place]) => place !== undefined);
  return { ...stored, ...Object.fromEntries(given) };
}

/**
 * Is everything where it should be?
 *
 * @param skipped  keys that the run does not need.
 * @throws {EngineError} E_OPTION naming every key with nothing at its place.
 */
export async function checkPlaces(keys: Moved, skipped: readonly string[] = []): Promise<void> {
  const gone: [key: string, place: string][] = [];
  for (const key of PLACES) {
    const place = keys[key];
    if (place === undefined || skipped.includes(key)) continue;
    if (key === "model" && shippedCheckpoint(place) !== null) continue;
    // What is there and cannot be read is refused by who reads it.
    const isGone = await statIfThere(place).then(
      (found) => found === null,
      () => false,
    );
    if (isGone) gone.push([key, place]);
  }
  const [first, ...others] = gone;
  if (first === undefined) return;
  const rest = others.map(([key, place]) => `, nor at ${key} ${shown(place)}`).join("");
  const flags = gone.map(([key]) => flagOf(key)).join(", ");
  throw optionError(
    first[0],
    "what the run began with",
    first[1],
    `nothing is there${rest}: name where it is now (${flags})`,
  );
}
