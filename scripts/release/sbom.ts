/**
 * The runtime tree as CycloneDX JSON, by npm; of the lock file, so that other platforms' packages are in it too.
 *
 * npm is shown a copy without the development dependencies: told to omit them, npm 11 also omits what they share with
 * the runtime, as soon as it meets it there first.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { output, ReleaseError, readJson } from "./shell.js";
import { PLATFORMS } from "./versions.js";

interface Bom {
  readonly bomFormat: string;
  readonly components: readonly { readonly name: string }[];
}

interface Entry {
  dev?: boolean;
  devDependencies?: object;
}

/** @throws {ReleaseError} when it lacks a package of `expected`. */
export function sbom(root: string, name: string, expected: readonly string[]): Bom {
  const scratch = mkdtempSync(join(tmpdir(), "vqat-sbom-"));
  try {
    // npm calls the whole as its folder is called.
    const copy = join(scratch, name);
    copyRuntime(root, copy);
    const bom = JSON.parse(
      output(copy, "npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"),
    ) as Bom;
    const listed = new Set(bom.components.map((component) => component.name));
    const missing = expected.filter((one) => !listed.has(one));
    if (bom.bomFormat !== "CycloneDX" || missing.length > 0)
      throw new ReleaseError(`npm sbom gave a ${bom.bomFormat} without ${missing.join(", ")}`);
    return bom;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function copyRuntime(root: string, copy: string): void {
  for (const folder of PLATFORMS) {
    const file = join(folder, "package.json");
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  const manifest = readJson<Entry>(root, "package.json");
  delete manifest.devDependencies;
  writeFileSync(join(copy, "package.json"), JSON.stringify(manifest));
  const lock = readJson<{ packages: Record<string, Entry> }>(root, "package-lock.json");
  delete lock.packages[""]?.devDependencies;
  const packages = Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => dev !== true));
  writeFileSync(join(copy, "package-lock.json"), JSON.stringify({ ...lock, packages }));
}
