/** The runtime tree as CycloneDX JSON, by npm; of the lock file, so that other platforms' packages are in it too. */
import { output, ReleaseError } from "./shell.js";

interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { name: string; readonly purl: string } };
  readonly components: readonly { readonly name: string }[];
}

/** @throws {ReleaseError} when it lacks a package of `expected`. */
export function sbom(root: string, name: string, expected: readonly string[]): Bom {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
  const bom = JSON.parse(output(root, "npm", ...args)) as Bom;
  // npm writes the folder's name there, whatever package.json says.
  bom.metadata.component.name = name;
  const listed = new Set(bom.components.map((component) => component.name));
  const missing = expected.filter((one) => !listed.has(one));
  if (bom.bomFormat !== "CycloneDX" || missing.length > 0)
    throw new ReleaseError(`npm sbom gave a ${bom.bomFormat} without ${missing.join(", ")}`);
  return bom;
}
