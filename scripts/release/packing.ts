/** Both packages as tarballs, in the order in which they are published: what is depended on goes first. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../lib/core/package-root.js";
import { output, ReleaseError } from "./shell.js";
import { PLATFORMS } from "./versions.js";

const { missingBinaries } = (await import(
  pathToFileURL(join(packageRoot(), "scripts", "prebuilt.mjs")).href
)) as { missingBinaries: (folder: string) => string[] };

export interface Packed {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
}

/** @throws {ReleaseError} where binaries or compiled TypeScript are missing. */
export function packAll(root: string, out: string): Packed[] {
  for (const folder of PLATFORMS) {
    const place = join(folder, "prebuilds", "linux-x64");
    const missing = missingBinaries(join(root, place));
    if (missing.length > 0)
      throw new ReleaseError(`${place} lacks ${missing.join(", ")}; npm run prebuild makes them, with nvcc`);
  }
  if (!existsSync(join(root, "dist", "lib", "index.js")))
    throw new ReleaseError("dist/lib is not there; npm run build:ts makes it");
  return [...PLATFORMS, "."].map((folder) => pack(root, folder, out));
}

function pack(root: string, folder: string, out: string): Packed {
  // A path without a dot in front is an address on the network to npm.
  const place = folder === "." ? folder : `./${folder}`;
  const text = output(root, "npm", "pack", place, "--json", "--ignore-scripts", "--pack-destination", out);
  const [packed] = JSON.parse(text) as { name: string; filename: string; size: number }[];
  if (packed === undefined) throw new ReleaseError(`npm pack ${place} packed nothing`);
  return { name: packed.name, file: join(out, packed.filename), bytes: packed.size };
}
