/** Which build of libtorch is fetched, and what it costs: the words for it, and VQAT_SETUP's. */
import { optionError } from "../core/check.js";
import type { Environment } from "../libtorch/cache.js";
import { SIZES } from "../libtorch/fetch-libtorch.js";
import { megabytes } from "../libtorch/room.js";

/** Says, instead of a person, which build to fetch where there is none. */
export const SETUP_VARIABLE = "VQAT_SETUP";
export const BUILDS = ["cpu", "cuda"] as const;
export type Build = (typeof BUILDS)[number];

/** null when the variable is not set. @throws {EngineError} E_OPTION when it says something else. */
export function chosenBuild(env: Environment): Build | null {
  const said = env[SETUP_VARIABLE];
  if (said === undefined || said === "") return null;
  const found = BUILDS.find((build) => build === said);
  if (found === undefined) throw optionError(SETUP_VARIABLE, BUILDS.join(" or "), said);
  return found;
}

/** "192 MB to fetch, 510 MB on disk". */
export function cost(build: Build): string {
  const { fetched, unpacked } = SIZES[build];
  return `${bytes(fetched)} to fetch, ${bytes(unpacked)} on disk`;
}

function bytes(count: number): string {
  return count < 1e9 ? megabytes(count) : `${(count / 1e9).toFixed(1)} GB`;
}
