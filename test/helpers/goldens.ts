/** The recordings in test/goldens; each has its recipe in test/goldens/recipes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

/**
 * Where one lies: in the sources, also when the compiled tests run from dist/.
 *
 * @param path  Relative to test/goldens.
 */
export function goldenPath(path: string): string {
  return join(packageRoot(), "test", "goldens", path);
}

/** The numbers of a JSON file, by its name without the ending. */
export function golden(name: string): unknown {
  return JSON.parse(readFileSync(goldenPath(`${name}.json`), "utf8"));
}
