/**
 * Opening the built addon, each case in a process of its own: what one process has opened, it keeps.
 * Needs `npm run build` and the libtorch that it found.
 */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineError } from "../../../lib/core/errors.js";
import { findLibtorch, type Libtorch } from "../../../lib/libtorch/libtorch.js";
import { ABI_VERSION, CALLS, type EngineInfo } from "../../../lib/native/binding.js";
import { librariesToOpen } from "../../../lib/native/libraries.js";
import { checkCalls, decodeAbiVersion } from "../../../lib/native/load.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { madeUpLibtorch } from "../../helpers/made-up-libtorch.js";

const LOAD = new URL("../../../lib/native/load.js", import.meta.url).href;
const CLI = new URL("../../../lib/cli/main.js", import.meta.url).pathname;

/** Loads the addon and prints its info or the error's code and message. */
const PROGRAM = `
const { nativeBinding } = await import(${JSON.stringify(LOAD)});
try {
  const info = nativeBinding().info();
  if (nativeBinding() !== nativeBinding()) throw new Error("loaded twice");
  console.log(JSON.stringify({ info }));
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
`;

interface Outcome {
  readonly info?: EngineInfo;
  readonly code?: string;
  readonly message?: string;
}

let folder: string;
let real: Libtorch;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vqat-load-"));
  real = findLibtorch(openLoader(addonPath()).builtFor);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function loadWith(env: Record<string, string>, program = PROGRAM): Outcome {
  const bare = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  const text = execFileSync(process.execPath, [file], { env: { ...bare, ...env }, encoding: "utf8" });
  return JSON.parse(text) as Outcome;
}

/** A libtorch folder whose header says `version`. */
function plant(version: string): string {
  const [major, minor, patch] = version.split(".");
  mkdirSync(join(folder, "planted", "include", "torch", "headeronly"), { recursive: true });
  mkdirSync(join(folder, "planted", "lib"));
  const lines = [`MAJOR ${major}`, `MINOR ${minor}`, `PATCH ${patch}`].map(
    (line) => `#define TORCH_VERSION_${line}\n`,
  );
  writeFileSync(join(folder, "planted", "include", "torch", "headeronly", "version.h"), lines.join(""));
  return join(folder, "planted");
}

function compile(source: string, out: string): void {
  writeFileSync(`${out}.cpp`, source);
  execFileSync("c++", ["-shared", "-fPIC", "-o", out, `${out}.cpp`]);
}

describe("nativeBinding", () => {
  it("opens libtorch without LD_LIBRARY_PATH and gives every call of binding.ts", () => {
    const { info } = loadWith({ VQAT_LIBTORCH: real.root });
    assert.deepEqual(info?.calls, [...CALLS]);
    assert.equal(info?.abiVersion, ABI_VERSION);
    assert.equal(info?.torchVersion, openLoader(addonPath()).builtFor);
  });

  it("is not led astray by another libc10 in LD_LIBRARY_PATH", { skip: cudaReason() }, () => {
    compile('extern "C" int not_torch() { return 1; }', join(folder, "libc10.so"));
    assert.ok(loadWith({ VQAT_LIBTORCH: real.root, LD_LIBRARY_PATH: folder }).info);
  });

  it("loads in several worker threads", () => {
    const worker = join(folder, "worker.mjs");
    writeFileSync(
      worker,
      `import { parentPort } from "node:worker_threads";
      const { nativeBinding } = await import(${JSON.stringify(LOAD)});
      parentPort.postMessage(nativeBinding().info());`,
    );
    const program = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      let info;
      for (let i = 0; i < 3; i++) [info] = await once(new Worker(${JSON.stringify(worker)}), "message");
      console.log(JSON.stringify({ info }));`;
    assert.deepEqual(loadWith({ VQAT_LIBTORCH: real.root }, program).info?.calls, [...CALLS]);
  });

  it("refuses a VQAT_LIBTORCH that names nothing, though the cache holds one", () => {
    mkdirSync(join(folder, ".cache", "vqathinker"), { recursive: true });
    symlinkSync(
      real.root,
      join(folder, ".cache", "vqathinker", `libtorch-${openLoader(addonPath()).builtFor}`),
    );
    assert.ok(loadWith({}).info, "the planted cache is not usable");
    const { code, message } = loadWith({ VQAT_LIBTORCH: join(folder, "nothing") });
    assert.equal(code, "E_NO_LIBTORCH");
    assert.ok(message?.includes(join(folder, "nothing")), message);
  });

  it("refuses another minor version by its headers, naming both versions and a remedy", () => {
    const root = plant("2.1.7");
    writeFileSync(join(root, "lib", "libtorch_cpu.so"), "never opened");
    const { code, message } = loadWith({ VQAT_LIBTORCH: root });
    assert.equal(code, "E_TORCH_VERSION");
    for (const part of ["2.1.7", openLoader(addonPath()).builtFor, "--build"])
      assert.ok(message?.includes(part), message);
  });

  it("believes the library rather than the headers, and asks it before the addon is required", () => {
    const root = plant(openLoader(addonPath()).builtFor);
    compile(
      'extern "C" __attribute__((visibility("default"))) unsigned long aoti_torch_abi_version() { return 0x0201070000000000; }',
      join(root, "lib", "libtorch_cpu.so"),
    );
    const { code, message } = loadWith({ VQAT_LIBTORCH: root });
    assert.equal(code, "E_TORCH_VERSION");
    assert.ok(message?.includes("2.1.7"), message);
  });

  it("refuses a library that does not tell its version", () => {
    const root = plant(openLoader(addonPath()).builtFor);
    compile('extern "C" int not_torch() { return 1; }', join(root, "lib", "libtorch_cpu.so"));
    assert.equal(loadWith({ VQAT_LIBTORCH: root }).code, "E_TORCH_VERSION");
  });

  it("tells the linker's reason when a library is broken", () => {
    const root = plant(openLoader(addonPath()).builtFor);
    writeFileSync(join(root, "lib", "libtorch_cpu.so"), "not a library");
    const { code, message } = loadWith({ VQAT_LIBTORCH: root });
    assert.equal(code, "E_UNAVAILABLE");
    assert.match(message ?? "", /libtorch_cpu\.so/);
  });
});

/** Opened, each of these would end the process by SIGBUS. */
describe("a library that is cut short", () => {
  const told = ({ code, message = "" }: Outcome, file: string, remedy: string) => {
    assert.equal(code, "E_UNAVAILABLE");
    assert.match(message, /\.(so|node)[.\d]* is cut short: its headers tell of \d+ bytes, it has \d+; /);
    assert.ok(message.startsWith(file), message);
    assert.ok(message.includes(remedy), message);
  };

  for (const name of ["libgomp-0.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so"])
    it(`of a CPU libtorch is refused before any is opened: ${name}`, () => {
      const root = plant(openLoader(addonPath()).builtFor);
      for (const other of ["libtorch_cpu.so", name])
        writeFileSync(join(root, "lib", other), madeUpLibtorch());
      truncateSync(join(root, "lib", name), 4096);
      told(loadWith({ VQAT_LIBTORCH: root }), join(root, "lib", name), "let VQAT_LIBTORCH name another");
    });

  for (const name of [
    "torch/lib/libtorch_cuda.so",
    "torch/lib/libc10_cuda.so",
    "nvidia/cublas/lib/libcublas.so.13",
  ])
    it(`of a CUDA libtorch is refused, though libtorch.so alone is opened by name: ${name}`, () => {
      const root = join(folder, "torch");
      symlinkSync(plant(openLoader(addonPath()).builtFor), root);
      mkdirSync(join(folder, "nvidia", "cublas", "lib"), { recursive: true });
      const own = ["torch", "torch_cpu", "torch_cuda", "torch_python"].map((one) => `torch/lib/lib${one}.so`);
      for (const file of [...own, name]) writeFileSync(join(folder, file), madeUpLibtorch());
      truncateSync(join(folder, "torch/lib/libtorch_python.so"), 4096); // never opened
      truncateSync(join(folder, name), 4096);
      told(loadWith({ VQAT_LIBTORCH: root }), join(folder, name), "let VQAT_LIBTORCH name another");
    });

  /** Ours in a folder of their own, this one without its end. */
  function plantOwn(cut: string, bytes: number): string {
    const release = join(folder, "build", "Release");
    mkdirSync(release, { recursive: true });
    for (const file of [addonPath(), join(dirname(addonPath()), "vqathinker_loader.so")])
      copyFileSync(file, join(release, basename(file)));
    truncateSync(join(release, cut), bytes);
    return join(release, cut);
  }

  for (const [name, bytes] of [
    ["vqathinker.node", readFileSync(addonPath()).length - 1],
    ["vqathinker.node", 2 ** 16],
    ["vqathinker_loader.so", 4096],
    ["vqathinker_loader.so", 40],
  ] as const)
    it(`of ours is refused, and doctor says so: ${name} of ${bytes} bytes`, () => {
      const file = plantOwn(name, bytes);
      const env = { VQAT_LIBTORCH: real.root, VQATHINKER_PREBUILD: folder };
      told(loadWith(env), file, "install vqathinker anew");
      const paths = { PATH: process.env["PATH"] ?? "", HOME: folder };
      const doctor = spawnSync(process.execPath, [CLI, "doctor"], {
        env: { ...paths, ...env },
        encoding: "utf8",
      });
      assert.deepEqual([doctor.status, doctor.signal], [1, null]);
      assert.match(doctor.stdout, new RegExp(`^MISSING addon +E_UNAVAILABLE: .*${name} is cut short`, "m"));
    });
});

describe("without libtorch", () => {
  it("the command line still helps and doctor fails with what is missing", () => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder, VQAT_LIBTORCH: join(folder, "nothing") };
    assert.equal(spawnSync(process.execPath, [CLI, "--help"], { env }).status, 0);
    const doctor = spawnSync(process.execPath, [CLI, "doctor", "--json"], { env, encoding: "utf8" });
    assert.equal(doctor.status, 1);
    const { ok, checks } = JSON.parse(doctor.stdout) as {
      ok: boolean;
      checks: { name: string; ok: boolean }[];
    };
    assert.equal(ok, false);
    assert.equal(checks.find((check) => check.name === "libtorch")?.ok, false);
    assert.equal(checks.find((check) => check.name === "node")?.ok, true);
  });
});

describe("openLoader", () => {
  it("says what to run when the loader is missing", () => {
    copyFileSync(addonPath(), join(folder, "vqathinker.node"));
    assert.throws(
      () => openLoader(join(folder, "vqathinker.node")),
      (error: unknown) =>
        error instanceof EngineError &&
        error.code === "E_UNAVAILABLE" &&
        error.message.includes("npx vqathinker setup"),
    );
  });
});

describe("checkCalls", () => {
  const info = { abiVersion: ABI_VERSION, calls: [...CALLS] } as unknown as EngineInfo;
  const refusal = (change: Partial<EngineInfo>): string => {
    try {
      checkCalls({ ...info, ...change }, "addon.node");
    } catch (error) {
      assert.ok(error instanceof EngineError);
      return error.message;
    }
    return "accepted";
  };

  it("accepts the same list and refuses a missing, an unknown, a moved call and another version", () => {
    assert.equal(refusal({}), "accepted");
    assert.match(refusal({ calls: CALLS.slice(1) }), /missing: info;/);
    assert.match(refusal({ calls: [...CALLS, "extra"] }), /unknown: extra;/);
    assert.match(refusal({ calls: [...CALLS].reverse() }), /other sources/);
    assert.match(refusal({ abiVersion: ABI_VERSION + 1 }), new RegExp(`found ${ABI_VERSION + 1}`));
  });
});

describe("librariesToOpen", () => {
  it("is dependency order for a CPU build and libtorch.so alone for a CUDA build", () => {
    mkdirSync(join(folder, "lib"));
    const names = [
      "libtorch.so",
      "libtorch_cpu.so",
      "libc10.so",
      "libgomp-24e2ab19.so.1.0.0",
      "libtorch_python.so",
    ];
    for (const name of names) writeFileSync(join(folder, "lib", name), "");
    const cpu: Libtorch = { source: "cache", root: folder, version: "2.13.0", cuda: false };
    assert.deepEqual(
      librariesToOpen(cpu).map((path) => path.slice(folder.length + 5)),
      ["libgomp-24e2ab19.so.1.0.0", "libc10.so", "libtorch_cpu.so", "libtorch.so"],
    );
    assert.deepEqual(librariesToOpen({ ...cpu, cuda: true }), [join(folder, "lib", "libtorch.so")]);
  });
});

it("decodeAbiVersion reads one byte a part", () => {
  assert.equal(decodeAbiVersion(0x020d000000000000n), "2.13.0");
  assert.equal(decodeAbiVersion(0x020e010000000000n), "2.14.1");
});

function cudaReason(): string | false {
  return findLibtorch(openLoader(addonPath()).builtFor).cuda
    ? "a CUDA libtorch: its own run paths rank first"
    : false;
}
