/** `setup` from end to end on a folder of its own: what it provides, says and leaves. Needs the built addon. */
import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeEach, test } from "node:test";
import { cachedRoot, recordedLibtorch } from "../../../lib/libtorch/cache.js";
import { addonPath } from "../../../lib/native/loader.js";
import { nameFolder } from "../../../lib/setup/named.js";
import { type SetupOptions, setup } from "../../../lib/setup/setup.js";
import { madeUpLibtorch, openableWheel } from "../../helpers/made-up-libtorch.js";
import { coded } from "../../helpers/refused.js";
import { SERVED, servedIndex, servedWheel } from "../../helpers/served.js";
import { scratchFolder } from "../../helpers/video-files.js";

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

function wheelFile(bytes = servedWheel()): string {
  const file = join(home, "x.whl");
  writeFileSync(file, bytes);
  return file;
}

/** A CUDA build's wheel says so by what it requires, and its libtorch.so leads to the others. */
const cudaWheel = () =>
  openableWheel(madeUpLibtorch(SERVED), {
    version: SERVED,
    requires: ["nvidia-cublas==13.0"],
    files: {
      "torch/lib/libtorch.so": madeUpLibtorch(SERVED),
      "torch/lib/libtorch_cuda.so": madeUpLibtorch(SERVED),
    },
  });

test("from a wheel, and a second time there is nothing to do", async () => {
  await run({ wheel: wheelFile() });
  assert.match(lines[0] ?? "", /^unpacking x\.whl/);
  assert.equal(lines[1], `libtorch ${SERVED} is in ${cachedRoot(SERVED, false, env)}`);
  assert.match(lines.at(-1) ?? "", /^the addon is /);
  await run({});
  assert.deepEqual(lines.slice(0, -1), [
    `libtorch ${SERVED} is in ${cachedRoot(SERVED, false, env)} (cache)`,
  ]);
});

test("from an index, and VQAT_SETUP=cuda asks for the other build", async () => {
  const index = await servedIndex();
  await run({ index: `${index.url}/whl/cpu` });
  assert.ok(existsSync(cachedRoot(SERVED, false, env)));
  env["VQAT_SETUP"] = "cuda";
  await assert.rejects(run({}), {
    code: "E_NO_LIBTORCH",
    message: /^pip brought no torch==\S+, which the CUDA build needs: python3 was not found/,
  });
  env["VQAT_SETUP"] = "CPU";
  await assert.rejects(run({}), { code: "E_OPTION", message: /VQAT_SETUP/ });
});

test("VQAT_SETUP=cuda refuses no wheel, archive or index that is named without a flag", async () => {
  env["VQAT_SETUP"] = "cuda";
  const index = await servedIndex();
  const archive = join(home, "libtorch.archive");
  const wheel = wheelFile();
  for (const options of [{ wheel, archive }, { offline: archive }, { index: `${index.url}/whl/cpu` }]) {
    await run(options);
    assert.ok(lines.includes(`libtorch ${SERVED} is in ${cachedRoot(SERVED, false, env)}`));
    rmSync(cachedRoot(SERVED, false, env), { recursive: true });
  }
  await assert.rejects(run({ wheel, cuda: true }), { code: "E_NO_LIBTORCH", message: /is a CPU build/ });
});

test("VQAT_SETUP=cuda agrees with a CUDA wheel, and with an archive of one", async () => {
  const wheel = wheelFile(cudaWheel());
  const archive = join(home, "libtorch.archive");
  await assert.rejects(run({ wheel }), coded("E_NO_LIBTORCH", wheel, "is a CUDA build", "setup --cuda"));
  env["VQAT_SETUP"] = "cpu";
  await assert.rejects(run({ wheel }), coded("E_NO_LIBTORCH", "is a CUDA build"));
  env["VQAT_SETUP"] = "cuda";
  const root = cachedRoot(SERVED, true, env);
  await run({ wheel, archive });
  assert.ok(lines.includes(`libtorch ${SERVED} is in ${root}`));
  rmSync(dirname(root), { recursive: true });
  await run({ offline: archive });
  assert.ok(existsSync(root));
  delete env["VQAT_SETUP"];
  await assert.rejects(run({ offline: archive }), coded("E_NO_LIBTORCH", archive, "add --cuda to take it"));
});

test("who has typed --cuda is not told to type it", async () => {
  await assert.rejects(run({ wheel: wheelFile(), cuda: true }), (error: Error) => {
    assert.match(
      error.message,
      /npx vqathinker setup --cuda --wheel FILE.*for the CPU build leave --cuda out$/,
    );
    assert.doesNotMatch(error.message, /--index|for the CUDA build: setup --cuda/);
    return true;
  });
});

/** A planted libtorch: its header is right, its library is these bytes. */
function plant(library: string | Uint8Array): string {
  const root = join(home, "planted");
  const headers = join(root, "include", "torch", "headeronly");
  mkdirSync(headers, { recursive: true });
  mkdirSync(join(root, "lib"));
  const [major, minor, patch] = SERVED.split(".");
  const lines = [`MAJOR ${major}`, `MINOR ${minor}`, `PATCH ${patch}`].map(
    (line) => `#define TORCH_VERSION_${line}\n`,
  );
  writeFileSync(join(headers, "version.h"), lines.join(""));
  writeFileSync(join(root, "lib", "libtorch_cpu.so"), library);
  return root;
}

/** What a libtorch with the right header may be, and what is said of it. */
const NO_LIBTORCH: readonly (readonly [what: string, bytes: () => string | Uint8Array, said: RegExp])[] = [
  ["junk", () => "junk", /libtorch_cpu\.so is damaged or no library for this processor/],
  [
    "cut short",
    () => madeUpLibtorch(SERVED).subarray(0, 4096),
    /libtorch_cpu\.so is cut short: its headers tell of \d+ bytes, it has 4096/,
  ],
  [
    "a library that crashes",
    () => madeUpLibtorch(SERVED, "crashes"),
    /a process that opened this libtorch was ended by SIGBUS \(unwell\)/,
  ],
  [
    "of another version than its header",
    () => madeUpLibtorch("2.1.7"),
    /is libtorch 2\.1\.7, but the addon was built for/,
  ],
];

for (const [what, bytes, said] of NO_LIBTORCH) {
  const code = what.startsWith("of another version") ? "E_TORCH_VERSION" : "E_UNAVAILABLE";
  const refused = async (options: SetupOptions, where: string, remedy: string) => {
    await assert.rejects(run(options), (error: { code: string; message: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, said);
      assert.ok(error.message.startsWith(where), error.message);
      if (code === "E_UNAVAILABLE") assert.ok(error.message.includes(remedy), error.message);
      return true;
    });
  };

  test(`a libtorch that is ${what} is refused: named, found and unpacked`, async () => {
    const root = plant(bytes());
    await refused({ libtorch: root }, root, "name another libtorch (npx vqathinker setup --libtorch DIR)");
    assert.equal(recordedLibtorch(env), null);
    env["VQAT_LIBTORCH"] = root;
    await refused({}, root, "let VQAT_LIBTORCH name another libtorch");
    delete env["VQAT_LIBTORCH"];
    const library = bytes();
    const wheel = wheelFile(
      openableWheel(typeof library === "string" ? Buffer.from(library) : library, {
        version: `${SERVED}+cpu`,
      }),
    );
    await refused({ wheel }, `${wheel}: torch`, "give another wheel");
    assert.equal(existsSync(cachedRoot(SERVED, false, env)), false);
    const environment = join(home, "venv");
    const torch = join(environment, "lib", "python3.13", "site-packages", "torch");
    for (const name of ["lib/libtorch_cpu.so", "include/torch/headeronly/version.h"]) {
      mkdirSync(dirname(join(torch, name)), { recursive: true });
      copyFileSync(join(root, name), join(torch, name));
    }
    env["VIRTUAL_ENV"] = environment;
    await refused({}, torch, "install torch anew in that Python environment");
  });
}

test("an addon that is cut short is told, with its length", async () => {
  const release = join(home, "build", "Release");
  mkdirSync(release, { recursive: true });
  const addon = addonPath();
  const loader = join(dirname(addon), "vqathinker_loader.so");
  copyFileSync(loader, join(release, basename(loader)));
  writeFileSync(join(release, "vqathinker.node"), readFileSync(addon).subarray(0, 2 ** 16));
  const before = process.env["VQATHINKER_PREBUILD"];
  process.env["VQATHINKER_PREBUILD"] = home;
  try {
    const told = coded(
      "E_UNAVAILABLE",
      "vqathinker.node is cut short",
      "it has 65536",
      "install vqathinker anew",
    );
    await assert.rejects(run({ wheel: wheelFile() }), told);
  } finally {
    if (before === undefined) delete process.env["VQATHINKER_PREBUILD"];
    else process.env["VQATHINKER_PREBUILD"] = before;
  }
});

test("the newest wish counts: what is fetched after a folder was named is what is found", async () => {
  await run({ wheel: wheelFile() });
  const elsewhere = cachedRoot(SERVED, false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await run({ libtorch: elsewhere });
  assert.equal(lines[0], `libtorch ${SERVED} is in ${elsewhere} (setup)`);
  await run({ wheel: join(home, "x.whl") });
  assert.equal(recordedLibtorch(env), null);
  await run({});
  assert.equal(lines[0], `libtorch ${SERVED} is in ${cachedRoot(SERVED, false, env)} (cache)`);
});

test("a named folder that is gone is told and forgotten", async () => {
  await run({ wheel: wheelFile() });
  const root = cachedRoot(SERVED, false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await nameFolder(root, { version: SERVED, cuda: false, tryOut: () => {} }, env);
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
  assert.deepEqual(readdirSync(cachedRoot(SERVED, false, env)).sort(), ["include", "lib", "share"]);
});

test("what is used instead of what was fetched is said", async () => {
  env["VQAT_LIBTORCH"] = join(home, "named");
  await assert.rejects(run({}), { code: "E_NO_LIBTORCH", message: /VQAT_LIBTORCH/ });
  delete env["VQAT_LIBTORCH"];
  await run({ wheel: wheelFile() });
  env["VQAT_LIBTORCH"] = cachedRoot(SERVED, false, env);
  env["XDG_CACHE_HOME"] = join(home, "other");
  await run({ wheel: join(home, "x.whl") });
  assert.ok(lines.includes(`libtorch ${SERVED} is in ${env["VQAT_LIBTORCH"]} (VQAT_LIBTORCH)`));
});
