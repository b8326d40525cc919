/** The checkpoints that come with the package, by name. */
import { join } from "node:path";
import { packageRoot } from "../core/package-root.js";

/**
 * "small" scores real footage; "tiny" is what the demonstration of training is measured beside, and "tiny-start" where it
 * begins.
 */
export const SHIPPED = ["small", "tiny", "tiny-start"] as const;
/** As options and keys tell of them. */
export const SHIPPED_TOLD = "small, tiny or tiny-start for the shipped ones";

/** Folder of a shipped checkpoint; null for any other name. Write ./tiny for a folder of that name. */
export function shippedCheckpoint(name: string): string | null {
  return SHIPPED.some((shipped) => shipped === name) ? join(packageRoot(), "assets", name) : null;
}
