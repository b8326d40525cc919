/**
 * Compiles TypeScript to dist/ and lets the package's commands be run: the compiler writes plain files, and npx starts
 * them by name. Also `npm run build:ts`.
 */

import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { main, must, ROOT, say } from "./shell.mjs";

/** An installed package has no sources to compile: its dist/ is there. */
export async function compileTypeScript() {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(join(ROOT, "tsconfig.json")) || !existsSync(tsc)) return;
  say("compiling TypeScript to dist");
  await must(process.execPath, [tsc, "-p", "tsconfig.json"]);
  // The package's code once more without its comments, which its declarations keep: a third of what npm would fetch of it.
  await must(process.execPath, [tsc, "-p", "tsconfig.package.json"]);
  const { bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of Object.values(bin)) {
    const file = join(ROOT, name);
    const { mode } = statSync(file);
    // Whoever may read it may run it.
    chmodSync(file, mode | ((mode & 0o444) >> 2));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(compileTypeScript);
}
