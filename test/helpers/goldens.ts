/** Where the recorded numbers lie. Compiled tests run from dist/, the recordings stay in the sources. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function packageRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, "package.json"))) dir = dirname(dir);
  return dir;
}

/** @param path  Relative to test/goldens. */
export function goldenPath(path: string): string {
  return join(packageRoot(), "test", "goldens", path);
}
