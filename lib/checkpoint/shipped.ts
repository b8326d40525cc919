/** The checkpoints that come with the package, by name. */
import { join } from "node:path";
import { packageRoot } from "../core/package-root.js";

/** "tiny" scores; "tiny-start" is where the demonstration of training begins. */
export const SHIPPED = ["tiny", "tiny-start"] as const;

/** Folder of a shipped checkpoint; null for any other name. Write ./tiny for a folder of that name. */
export function shippedCheckpoint(name: string): string | null {
  return SHIPPED.some((shipped) => shipped === name) ? join(packageRoot(), "assets", name) : null;
}
