/** How the lists of an ablation are read. */
import type { ManifestOptions } from "../data/manifest.js";
import type { Plan } from "./options.js";

/** As the configuration says it, of all lists. */
export function listOptions({ videos, columns, delimiter, labelScale }: Plan["config"]): ManifestOptions {
  return { videos, columns, delimiter, labelScale } as ManifestOptions;
}
