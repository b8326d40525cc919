/** Where this package lies on disk, whether it runs from dist/ or is installed. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError } from "./errors.js";

/** The nearest folder above this file whose package.json is ours. */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let dir = start; ; dir = dirname(dir)) {
    const file = join(dir, "package.json");
    if (
      existsSync(file) &&
      (JSON.parse(readFileSync(file, "utf8")) as { name?: string }).name === "vqathinker"
    )
      return dir;
    if (dirname(dir) === dir) {
      const message = `no package.json of vqathinker above ${start}; reinstall the package`;
      throw new EngineError("E_INTERNAL", message);
    }
  }
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
  };
  return version;
}
