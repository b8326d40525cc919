/** Where the recorded numbers lie: in the sources, also when the compiled tests run from dist/. */
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

/** @param path  Relative to test/goldens. */
export function goldenPath(path: string): string {
  return join(packageRoot(), "test", "goldens", path);
}
