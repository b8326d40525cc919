/** Libtorches that a user names: found again without a variable, and refused when they are none. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { recordedLibtorch, recordFile } from "../../../lib/libtorch/cache.js";
import { fetchLibtorch } from "../../../lib/libtorch/fetch-libtorch.js";
import { type Libtorch, searchLibtorch } from "../../../lib/libtorch/libtorch.js";
import { nameEnvironment, nameFolder } from "../../../lib/setup/named.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { torchWheel } from "../../helpers/wheels.js";

const scratch = scratchFolder();
const ASKED = { version: "2.13.0", cuda: false, tryOut: () => {} };
let home: string;
let env: Record<string, string>;

beforeEach(() => {
  home = mkdtempSync(join(scratch, "home-"));
  env = { HOME: home };
});

function plant(root: string, version = "2.13.2"): string {
  mkdirSync(join(root, "lib"), { recursive: true });
  writeFileSync(join(root, "lib", "libtorch_cpu.so"), "");
  mkdirSync(join(root, "include", "torch", "headeronly"), { recursive: true });
  const [major, minor, patch] = version.split(".");
  const lines = [`MAJOR ${major}`, `MINOR ${minor}`, `PATCH ${patch}`];
  writeFileSync(
    join(root, "include", "torch", "headeronly", "version.h"),
    lines.map((line) => `#define TORCH_VERSION_${line}\n`).join(""),
  );
  return root;
}

test("a folder and an environment are found by later runs, before the cache", async () => {
  const wheel = join(home, "x.whl");
  writeFileSync(wheel, torchWheel());
  await fetchLibtorch({ wheel, env });
  const root = plant(join(home, "somewhere"));
  await nameFolder(root, ASKED, env);
  const { found, candidates } = searchLibtorch("2.13.0", env);
  assert.deepEqual([found?.root, found?.source], [root, "setup"]);
  assert.equal(candidates[0]?.reason, "named to setup");
  for (const lib of ["lib", "lib64"]) {
    const torch = plant(join(home, `venv-${lib}`, lib, "python3.13", "site-packages", "torch"));
    await nameEnvironment(join(home, `venv-${lib}`), ASKED, env);
    assert.equal(searchLibtorch("2.13.0", env).found?.root, torch);
  }
});

test("what is no libtorch, or of another minor version, is refused and not remembered", async () => {
  await assert.rejects(nameFolder(home, ASKED, env), {
    code: "E_NO_LIBTORCH",
    message: /option libtorch: expected a folder with lib\/libtorch_cpu\.so/,
  });
  await assert.rejects(nameEnvironment(home, ASKED, env), {
    code: "E_NO_LIBTORCH",
    message: /option venv: .*install torch 2\.13 there/,
  });
  const older = plant(join(home, "older"), "2.11.0");
  await assert.rejects(nameFolder(older, ASKED, env), {
    code: "E_TORCH_VERSION",
    message: /older is libtorch 2\.11\.0, expected 2\.13/,
  });
  const bare = plant(join(home, "bare"));
  rmSync(join(bare, "include"), { recursive: true });
  await assert.rejects(nameFolder(bare, ASKED, env), {
    code: "E_TORCH_VERSION",
    message: /unknown version/,
  });
  const cpu = plant(join(home, "cpu"));
  await assert.rejects(nameFolder(cpu, { ...ASKED, cuda: true }, env), {
    code: "E_NO_LIBTORCH",
    message: /cpu is a CPU build/,
  });
  assert.equal(recordedLibtorch(env), null);
});

test("what does not open is not remembered", async () => {
  const root = plant(join(home, "somewhere"));
  const tryOut = (libtorch: Libtorch) => {
    throw new EngineError("E_UNAVAILABLE", `${libtorch.root} does not open`);
  };
  const message = `${root} does not open`;
  await assert.rejects(nameFolder(root, { ...ASKED, tryOut }, env), { code: "E_UNAVAILABLE", message });
  assert.equal(recordedLibtorch(env), null);
});

test("a named folder that is gone is never replaced by another without a word", async () => {
  const root = plant(join(home, "somewhere"));
  await nameFolder(root, ASKED, env);
  rmSync(root, { recursive: true });
  assert.throws(() => searchLibtorch("2.13.0", env), {
    code: "E_NO_LIBTORCH",
    message: /somewhere was named to setup.*--libtorch DIR.*npx vqathinker setup$/,
  });
});

test("a record that we did not write says nothing", () => {
  mkdirSync(join(recordFile(env), ".."), { recursive: true });
  for (const text of ["", "[]", '{"libtorch":3}', "{"]) {
    writeFileSync(recordFile(env), text);
    assert.equal(recordedLibtorch(env), null, text);
  }
});
