/**
 * Builds everything: TypeScript to dist/, libtorch found or fetched, the addon with cmake-js into build/Release.
 * CMakeLists.txt alone knows the native sources. The search for libtorch is lib/libtorch/libtorch.ts, compiled first.
 *
 *   node scripts/build.mjs [--tests] [--out FOLDER] [--copy FOLDER]
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildTools } from "./build-tools.mjs";
import { main, must, ROOT, say } from "./shell.mjs";
import { compileTypeScript } from "./typescript.mjs";

/** One compiler on libtorch's headers. */
const BYTES_PER_JOB = 1.5e9;

/**
 * @param tests  also the C++ tests.
 * @param out    CMake's build folder; the addon lies in its Release/.
 * @param copy   a folder that gets the addon and its side libraries.
 */
export async function build({ tests = false, out = join(ROOT, "build"), copy } = {}) {
  await compileTypeScript();
  const { cmakeJs, nodeApi, nodeAddonApi } = buildTools();
  const libtorch = await libtorchFolder();
  const node = process.execPath;
  if (!configured(out, libtorch, tests)) {
    say(`configuring the native build with libtorch in ${libtorch}`);
    const flags = [`--CDVQAT_LIBTORCH=${libtorch}`, `--CDVQAT_TESTS=${tests ? "ON" : "OFF"}`];
    flags.push(`--CDVQAT_NODE_API=${nodeApi}`, `--CDVQAT_NODE_ADDON_API=${nodeAddonApi}`);
    await must(node, [cmakeJs, "configure", "--log-level", "warn", "--out", out, ...flags]);
  }
  const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / BYTES_PER_JOB)));
  say(`building the addon${tests ? " and the C++ tests" : ""} in ${out} (-j${jobs})`);
  const target = tests ? "all" : "vqat_node";
  const args = ["build", "--log-level", "warn", "--out", out, "--parallel", String(jobs), "--target", target];
  await must(node, [cmakeJs, ...args]);
  leaveNote(join(out, "Release"));
  if (copy !== undefined) copyLibraries(join(out, "Release"), resolve(copy));
}

export async function libtorchFolder() {
  const from = (name) => import(pathToFileURL(join(ROOT, "dist", "lib", "libtorch", name)).href);
  const { searchLibtorch } = await from("libtorch.js");
  const found = searchLibtorch().found;
  if (found) return found.root;
  const { fetchLibtorch } = await from("fetch-libtorch.js");
  return fetchLibtorch({ log: say });
}

/** For lib/native/find-addon.ts: an installed package takes only a build of its own version. */
function leaveNote(release) {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  writeFileSync(join(release, "built.json"), `${JSON.stringify({ version })}\n`);
}

/** CMake itself notices changed lists and sources; only another libtorch or the tests need a new configuration. */
function configured(out, libtorch, tests) {
  const cache = join(out, "CMakeCache.txt");
  if (!existsSync(cache)) return false;
  const text = readFileSync(cache, "utf8");
  const generated = existsSync(join(out, "build.ninja")) || existsSync(join(out, "Makefile"));
  return (
    generated &&
    text.includes(`VQAT_LIBTORCH:PATH=${libtorch}\n`) &&
    (!tests || text.includes("VQAT_TESTS:BOOL=ON\n"))
  );
}

function copyLibraries(from, to) {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!/\.(node|so)$/.test(name)) continue;
    cpSync(join(from, name), join(to, name));
    say(`copied ${join(to, name)} (${Math.round(statSync(join(to, name)).size / 1000)} kB)`);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    const options = { tests: { type: "boolean" }, out: { type: "string" }, copy: { type: "string" } };
    const { values } = parseArgs({ options });
    await build({ ...values, ...(values.out === undefined ? {} : { out: resolve(values.out) }) });
  });
}
