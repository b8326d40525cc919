/** `npm run docs`: builds without a warning, with every public name and page, and with no link that leads nowhere. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { packageRoot } from "../../../../lib/core/package-root.js";
import { readSource } from "../../../helpers/sources.js";
import { scratchFolder } from "../../../helpers/video-files.js";

it("makes a searchable site of docs/ and the public names", () => {
  const site = join(scratchFolder(), "site");
  const program = join(packageRoot(), "dist", "scripts", "docs", "main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--out", site], {
    encoding: "utf8",
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /: 0 dead links\n$/);
  const pages = readdirSync(join(packageRoot(), "docs")).filter((name) => name.endsWith(".md"));
  for (const name of pages)
    assert.ok(existsSync(join(site, "documents", name.replace(/\.md$/, ".html"))), name);
  for (const name of [
    "functions/vqathinker.loadModel",
    "interfaces/vqathinker.VideoScore",
    "modules/vqathinker_inspect",
  ])
    assert.ok(existsSync(join(site, `${name}.html`)), name);
  assert.ok(readFileSync(join(site, "assets", "search.js"), "utf8").length > 1000);
});

it("takes a warning for an error, of every kind that there is", () => {
  const settings = JSON.parse(readSource("typedoc.json")) as Record<string, unknown>;
  assert.equal(settings["treatWarningsAsErrors"], true);
  assert.equal(settings["treatValidationWarningsAsErrors"], true);
  assert.ok(Object.values(settings["validation"] as object).every((kind) => kind === true));
});
