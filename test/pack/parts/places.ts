/** Machines that make it hard: another libc10 on the way, a package that cannot be written to, names of all letters. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { type Checks, same } from "../checks.js";
import { type Ground, install, scoresAsExpected } from "../ground.js";
import type { Stranger } from "../stranger.js";

/** Nobody, on every Linux. */
const NOBODY = 65534;
const LETTERS = "Jürgen's videos – 動画 & more";

export async function places(checks: Checks, ground: Ground, first: Stranger): Promise<void> {
  const libtorch = findLibtorch(undefined, first.env).root;
  await checks.check("LD_LIBRARY_PATH with another libc10.so and libtorch_cpu.so", () =>
    scoresAsExpected(ground, first, { LD_LIBRARY_PATH: fakeLibraries(join(ground.scratch, "fakes")) }),
  );
  await checks.check("a package folder that cannot be written to, and is not", async () => {
    const before = fingerprint(first.folder);
    const home = join(ground.scratch, "nobody");
    await scoresAsExpected(ground, unprivileged(ground, first.folder, home), { VQAT_LIBTORCH: libtorch });
    same(fingerprint(first.folder), before, "names, sizes and times of the package's files");
  });
  await checks.check(`installed, with libtorch and home, under ${LETTERS}`, async () => {
    const folder = join(ground.scratch, LETTERS, "project");
    const who = ground.stranger("letters", { folder, home: join(ground.scratch, LETTERS, "home") });
    const linked = join(ground.scratch, LETTERS, "libtorch of mine");
    symlinkSync(libtorch, linked);
    await install(who);
    await scoresAsExpected(ground, who, { VQAT_LIBTORCH: linked });
  });
}

function fakeLibraries(folder: string): string {
  mkdirSync(folder);
  const source = join(folder, "fake.c");
  writeFileSync(source, "int nothing_of_use;\n");
  for (const name of ["libc10.so", "libtorch_cpu.so", "libtorch.so"])
    execFileSync("cc", ["-shared", "-fPIC", `-Wl,-soname,${name}`, "-o", join(folder, name), source]);
  return folder;
}

/** To root nothing is read-only, so there it is nobody who scores; else the folder's modes see to it. */
function unprivileged(ground: Ground, folder: string, home: string): Stranger {
  if (process.getuid?.() !== 0) {
    execFileSync("chmod", ["-R", "a-w", folder]);
    return ground.stranger("read-only", { folder, home });
  }
  chmodSync(ground.scratch, 0o755);
  mkdirSync(home);
  chmodSync(home, 0o777);
  return ground.stranger("read-only", { folder, home, uid: NOBODY });
}

function fingerprint(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const lines = entries.map(({ parentPath, name }) => {
    const { size, mtimeMs } = statSync(join(parentPath, name));
    return `${join(parentPath, name)} ${size} ${mtimeMs}`;
  });
  return lines.sort().join("\n");
}
