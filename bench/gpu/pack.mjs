/**
 * What bench/gpu/run.sh needs on a machine that has neither Node nor a network, as one file: this Node without its
 * symbols, the packages that the bench imports, dist/lib and dist/bench, and GoogleTest's sources where Debian's
 * libgtest-dev has put them. Run after `npm run build:ts`.
 *
 *   node bench/gpu/pack.mjs carried.tar.xz
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { main, must, output, ROOT, StepError, say } from "../../scripts/shell.mjs";

/** Pictures are read with sharp and the addon is built with plain CMake: neither is needed there. */
const LEFT_OUT = ["sharp", "cmake-js"];
const GOOGLETEST = "/usr/src/googletest";

await main(async () => {
  const [out] = process.argv.slice(2);
  if (out === undefined) throw new StepError("pack.mjs: expected the file to write, found none");
  const stage = mkdtempSync(join(tmpdir(), "vqat-pack-"));
  try {
    const carried = join(stage, "carried");
    mkdirSync(carried);
    cpSync(process.execPath, join(carried, "node"), { dereference: true });
    await must("strip", [join(carried, "node")]);
    writeFileSync(join(carried, "commit"), `${output("git", ["-C", ROOT, "rev-parse", "--short", "HEAD"])?.trim()}\n`);
    if (existsSync(GOOGLETEST)) cpSync(GOOGLETEST, join(carried, "googletest"), { recursive: true });
    else say("GoogleTest's sources are not installed here: the kernels' tests need it on the other machine");
    for (const name of needed(["package.json"]))
      cpSync(join(ROOT, name), join(stage, name), { recursive: true, dereference: true });
    for (const folder of ["lib", "bench"])
      cpSync(join(ROOT, "dist", folder), join(stage, "dist", folder), { recursive: true });
    const paths = ["carried", "node_modules", "dist"];
    await must("tar", ["--create", "--file", resolve(out), "--use-compress-program", "xz -6 -T0", ...paths], {
      cwd: stage,
    });
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  say(`packed ${resolve(out)} (${(statSync(out).size / 1e6).toFixed(1)} MB)`);
});

/** Folders of the packages that these manifests need, and of those that they need. */
function needed(manifests) {
  const found = new Set();
  const visit = (manifest) => {
    for (const name of Object.keys(JSON.parse(readFileSync(join(ROOT, manifest), "utf8")).dependencies ?? {})) {
      const folder = join("node_modules", name);
      if (LEFT_OUT.includes(name) || found.has(folder)) continue;
      found.add(folder);
      visit(join(folder, "package.json"));
    }
  };
  manifests.forEach(visit);
  return found;
}
