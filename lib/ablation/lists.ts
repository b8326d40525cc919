/** How the lists of an ablation are read. */
import type { ManifestOptions } from "../data/manifest.js";
import { checkPresent } from "../data/presence.js";
import type { Plan } from "./options.js";

/** As the configuration says it, of all lists. */
export function listOptions({ videos, columns, delimiter, labelScale }: Plan["config"]): ManifestOptions {
  return { videos, columns, delimiter, labelScale } as ManifestOptions;
}

/** @throws {EngineError} E_MEDIA as checkPresent, by the name that the folder of a list's videos has here. */
export function checkListed(entries: Parameters<typeof checkPresent>[0]): Promise<void> {
  return checkPresent(entries, "the key videos of config (--config)");
}
