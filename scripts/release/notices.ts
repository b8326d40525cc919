/** THIRD-PARTY.md: what of others is in our packages, and what an install brings besides, with the licences' texts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RuntimePackage, runtimePackages } from "./runtime-packages.js";
import { ReleaseError } from "./shell.js";

/** What others wrote and our tarballs hold. Everything else in them is ours, the tiny models included. */
const BUNDLED = [
  "| what | where | licence |",
  "| --- | --- | --- |",
  "| CUDA runtime (libcudart_static) | `vqathinker_cuda.so` | NVIDIA CUDA Toolkit EULA, which lists it as redistributable |",
  "| headers of libtorch, inlined | `vqathinker.glibc.node` | BSD-3-Clause |",
  "| headers of node-addon-api, inlined | `vqathinker.glibc.node`, `vqathinker_loader.so` | MIT |",
  "| headers of GCC's C++ library, inlined | all binaries | GPL-3.0-or-later WITH GCC-exception-3.1 |",
];

const LICENCE = /^(licen[sc]e|copying|notice)/i;

/** @throws {ReleaseError} for a package that says no licence. */
export function notices(root: string): string {
  const packages = runtimePackages(root);
  const unnamed = packages.filter(({ license }) => license === null).map(({ name }) => name);
  if (unnamed.length > 0)
    throw new ReleaseError(`no licence is said by ${unnamed.join(", ")}; look it up before a release`);
  const rows = packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  const texts = packages.flatMap(textOf);
  return `${[
    "# Third-party software",
    "",
    "## In the packages",
    "",
    ...BUNDLED,
    "",
    "libtorch itself (BSD-3-Clause and the licences in its own NOTICE) is fetched by set-up and is in none of them.",
    "",
    "## Installed with them",
    "",
    "| package | version | licence |",
    "| --- | --- | --- |",
    ...rows,
    "",
    ...texts,
  ].join("\n")}`;
}

function textOf({ name, version, folder }: RuntimePackage): string[] {
  if (folder === null) return [];
  return readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder, file), "utf8").trim().replace(/^/gm, "    ");
      return `### ${name} ${version}, ${file}\n\n${text.replace(/[ \t]+$/gm, "")}\n`;
    });
}
