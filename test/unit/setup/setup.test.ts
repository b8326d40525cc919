/** `setup` from end to end on a folder of its own: what it provides, says and leaves. Needs the built addon. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { cachedRoot, recordedLibtorch } from "../../../lib/libtorch/cache.js";
import { nameFolder } from "../../../lib/setup/named.js";
import { type SetupOptions, setup } from "../../../lib/setup/setup.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { torchWheel, wheelIndex } from "../../helpers/wheels.js";

const scratch = scratchFolder();
let home: string;
let env: Record<string, string>;
let lines: string[];

beforeEach(() => {
  home = mkdtempSync(join(scratch, "home-"));
  env = { HOME: home, PATH: "/nowhere" };
});

const run = (options: SetupOptions): Promise<void> => {
  lines = [];
  return setup(options, { env, log: (line) => lines.push(line) });
};

function wheelFile(): string {
  const file = join(home, "x.whl");
  writeFileSync(file, torchWheel());
  return file;
}

test("from a wheel, and a second time there is nothing to do", async () => {
  await run({ wheel: wheelFile() });
  assert.match(lines[0] ?? "", /^unpacking x\.whl/);
  assert.equal(lines[1], `libtorch 2.13.0 is in ${cachedRoot("2.13.0", false, env)}`);
  assert.match(lines.at(-1) ?? "", /^the addon is /);
  await run({});
  assert.deepEqual(lines.slice(0, -1), [`libtorch 2.13.0 is in ${cachedRoot("2.13.0", false, env)} (cache)`]);
});

test("from an index, and VQAT_SETUP=cuda asks for the other build", async () => {
  const index = await wheelIndex(torchWheel());
  await run({ index: `${index.url}/whl/cpu` });
  assert.ok(existsSync(cachedRoot("2.13.0", false, env)));
  env["VQAT_SETUP"] = "cuda";
  await assert.rejects(run({}), {
    code: "E_NO_LIBTORCH",
    message: /^pip brought no torch==2\.13\.0, which the CUDA build needs: python3 was not found/,
  });
  env["VQAT_SETUP"] = "CPU";
  await assert.rejects(run({}), { code: "E_OPTION", message: /VQAT_SETUP/ });
});

test("VQAT_SETUP=cuda refuses no wheel, archive or index that is named without a flag", async () => {
  env["VQAT_SETUP"] = "cuda";
  const index = await wheelIndex(torchWheel());
  const archive = join(home, "libtorch.archive");
  const wheel = wheelFile();
  for (const options of [{ wheel, archive }, { offline: archive }, { index: `${index.url}/whl/cpu` }]) {
    await run(options);
    assert.ok(lines.includes(`libtorch 2.13.0 is in ${cachedRoot("2.13.0", false, env)}`));
    rmSync(cachedRoot("2.13.0", false, env), { recursive: true });
  }
  await assert.rejects(run({ wheel, cuda: true }), { code: "E_NO_LIBTORCH", message: /is a CPU build/ });
});

test("the newest wish counts: what is fetched after a folder was named is what is found", async () => {
  await run({ wheel: wheelFile() });
  const elsewhere = cachedRoot("2.13.0", false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await run({ libtorch: elsewhere });
  assert.equal(lines[0], `libtorch 2.13.0 is in ${elsewhere} (setup)`);
  await run({ wheel: join(home, "x.whl") });
  assert.equal(recordedLibtorch(env), null);
  await run({});
  assert.equal(lines[0], `libtorch 2.13.0 is in ${cachedRoot("2.13.0", false, env)} (cache)`);
});

test("a named folder that is gone is told and forgotten", async () => {
  await run({ wheel: wheelFile() });
  const root = cachedRoot("2.13.0", false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await nameFolder(root, { version: "2.13.0", cuda: false }, env);
  rmSync(root, { recursive: true });
  await run({ wheel: join(home, "x.whl") });
  assert.match(lines[0] ?? "", /which was named before, holds no libtorch any more and is forgotten$/);
  assert.equal(recordedLibtorch(env), null);
});

test("an archive is written beside it, and the next machine needs nothing else", async () => {
  const archive = join(home, "libtorch.archive");
  await run({ wheel: wheelFile(), archive });
  assert.ok(lines.includes(`npx vqathinker setup --offline ${archive}`));
  env = { HOME: join(home, "there"), PATH: "/nowhere" };
  await run({ offline: archive });
  assert.deepEqual(readdirSync(cachedRoot("2.13.0", false, env)).sort(), ["include", "lib", "share"]);
});

test("what is used instead of what was fetched is said", async () => {
  env["VQAT_LIBTORCH"] = join(home, "named");
  await assert.rejects(run({}), { code: "E_NO_LIBTORCH", message: /VQAT_LIBTORCH/ });
  delete env["VQAT_LIBTORCH"];
  await run({ wheel: wheelFile() });
  env["VQAT_LIBTORCH"] = cachedRoot("2.13.0", false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await run({ wheel: join(home, "x.whl") });
  assert.ok(lines.includes(`libtorch 2.13.0 is in ${env["VQAT_LIBTORCH"]} (VQAT_LIBTORCH)`));
});
