/**
 * npm run docs: the site of docs/ and of every public name, searchable, in a folder; what typedoc warns of and a link
 * that leads nowhere are errors.
 *
 *   npm run docs -- [--out site] [--picture]
 *
 * --picture draws docs/score.svg anew first.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../lib/core/package-root.js";
import { deadLinks } from "./dead-links.js";

const { values } = parseArgs({
  options: { out: { type: "string", default: "site" }, picture: { type: "boolean", default: false } },
});
const out = resolve(values.out);

if (values.picture) {
  const { scorePicture } = await import("./score-picture.js");
  writeFileSync(join(packageRoot(), "docs", "score.svg"), await scorePicture());
}
const typedoc = join(
  dirname(createRequire(import.meta.url).resolve("typedoc/package.json")),
  "bin",
  "typedoc",
);
const { status } = spawnSync(process.execPath, [typedoc, "--out", out, "--logLevel", "Warn"], {
  cwd: packageRoot(),
  stdio: "inherit",
});
const dead = status === 0 ? deadLinks(out) : [];
for (const link of dead) console.error(`a link that leads nowhere: ${link}`);
console.log(`${out}: ${status === 0 ? `${dead.length} dead links` : "typedoc failed"}`);
process.exitCode = status === 0 && dead.length === 0 ? 0 : 1;
