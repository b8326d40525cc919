/** What an install brings beside our own packages, as package-lock.json says; dev dependencies are left out. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson } from "./shell.js";

export interface RuntimePackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package says; null where it does not. */
  readonly license: string | null;
  /** Absolute; null for another platform's, which npm left out here. */
  readonly folder: string | null;
}

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

const MODULES = "node_modules/";

/** By name. */
export function runtimePackages(root: string): RuntimePackage[] {
  const { packages } = readJson<{ packages: Record<string, Locked> }>(root, "package-lock.json");
  return Object.entries(packages)
    .filter(([path, { dev, link }]) => path.startsWith(MODULES) && !dev && !link)
    .map(([path, { version, license }]) => {
      const folder = existsSync(join(root, path)) ? join(root, path) : null;
      const name = path.slice(path.lastIndexOf(MODULES) + MODULES.length);
      return { name, version, license: license ?? oldLicense(folder), folder };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As packages said it before there were expressions, which a lock file leaves out. */
function oldLicense(folder: string | null): string | null {
  if (folder === null) return null;
  const { licenses = [] } = readJson<{ licenses?: readonly { type: string }[] }>(folder, "package.json");
  return licenses.length === 0 ? null : licenses.map(({ type }) => type).join(" OR ");
}
