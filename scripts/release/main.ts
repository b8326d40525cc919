/**
 * npm run release -- --dry-run: everything of a release but publishing it, for the repository that it is called in.
 *
 *   npm run release -- --dry-run [--out release] [--require-audit]
 *
 * Leaves the tarballs, CHANGELOG.md, sbom.cdx.json and THIRD-PARTY.md in the folder and prints what would be published
 * how. Publishing is the workflow's, because only it can prove where a package was built.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { audit } from "./audit.js";
import { changelogSection, withSection } from "./changelog.js";
import { notices } from "./notices.js";
import { packAll } from "./packing.js";
import { runtimePackages } from "./runtime-packages.js";
import { sbom } from "./sbom.js";
import { output, ReleaseError } from "./shell.js";
import { PLATFORMS, releasedVersion, tagOf } from "./versions.js";

/** How each tarball is published: with a statement, signed by the CI, of the commit and the workflow that built it. */
const PUBLISH = ["--provenance", "--access", "public"];
const THIRD_PARTY = "THIRD-PARTY.md";

const { values } = parseArgs({
  options: {
    "dry-run": { type: "boolean", default: false },
    "require-audit": { type: "boolean", default: false },
    out: { type: "string", default: "release" },
  },
});

try {
  if (!values["dry-run"])
    throw new ReleaseError(
      "publishing is done by .github/workflows/release.yml when a version tag is pushed; here: npm run release -- --dry-run",
    );
  dryRun(output(process.cwd(), "git", "rev-parse", "--show-toplevel").trim(), resolve(values.out));
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(`release: ${error.message}`);
  process.exitCode = 1;
}

function dryRun(root: string, out: string): void {
  const changed = output(root, "git", "status", "--porcelain");
  if (changed !== "")
    throw new ReleaseError(`the tree has changes that are not committed:\n${changed.trimEnd()}`);
  const version = step("version of both packages", () => releasedVersion(root));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const section = step("changes", () => changelogSection(root, version), summary);
  const changelog = join(root, "CHANGELOG.md");
  const before = existsSync(changelog) ? readFileSync(changelog, "utf8") : "";
  writeFileSync(join(out, "CHANGELOG.md"), withSection(before, section));
  const installed = runtimePackages(root);
  const bom = step(
    "bill of materials",
    () =>
      sbom(
        root,
        "vqathinker",
        installed.map(({ name }) => name),
      ),
    ({ components }) => `${components.length} packages`,
  );
  writeFileSync(join(out, "sbom.cdx.json"), `${JSON.stringify(bom, null, 2)}\n`);
  const text = step("licence notices", () => notices(root), summary);
  writeFileSync(join(out, THIRD_PARTY), text);
  // It is part of every package.
  for (const folder of [".", ...PLATFORMS]) writeFileSync(join(root, folder, THIRD_PARTY), text);
  step("npm audit", () => audit(root, values["require-audit"]));
  const packed = step(
    "packed",
    () => packAll(root, out),
    (all) => `${all.length} tarballs`,
  );
  console.log(`\n${section}\nwould be published as ${tagOf(version)}, in this order:`);
  for (const { file, bytes } of packed)
    console.log(`  npm publish ${file} ${PUBLISH.join(" ")}  # ${bytes} bytes`);
}

function step<T>(name: string, body: () => T, say: (value: T) => string = String): T {
  const value = body();
  console.log(`${name}: ${say(value)}`);
  return value;
}

function summary(text: string): string {
  return `${text.split("\n").length} lines`;
}
