/** Recorded numbers of test/goldens; each file has its recipe in test/goldens/recipes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

export function golden(name: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot(), "test", "goldens", `${name}.json`), "utf8"));
}
