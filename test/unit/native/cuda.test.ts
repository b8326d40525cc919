/** Each reason why a CUDA device cannot be used: of facts as they may be, and of a process with a stand-in driver. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Diagnosis } from "../../../lib/cli/doctor.js";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { bestDevice, type CudaFacts, cudaObstacle, requireCuda } from "../../../lib/native/cuda.js";
import { addonPath, type CudaCard, openLoader } from "../../../lib/native/loader.js";
import { compile, compileDriver, compileKernels, type DriverAnswers } from "../../helpers/stand-in-driver.js";

const H200: CudaCard = { name: "NVIDIA H200", bytes: 150_754_820_096, major: 9, minor: 0 };
const V100: CudaCard = { name: "Tesla V100-SXM2-16GB", bytes: 16_945_512_448, major: 7, minor: 0 };
const A30: CudaCard = { name: "NVIDIA A30", bytes: 25_200_000_000, major: 8, minor: 0 };

/** A machine on which all is well. */
const WELL: CudaFacts = {
  driver: { library: true, init: 0, version: 13000, cards: [H200] },
  sees: true,
  build: { torch: 13000, kernels: 13000, library: "/x/vqathinker_cuda.so", refusal: "" },
  torch: { version: "2.13.0", root: "/torch" },
  torchCode: { machine: [75, 80, 90], portable: [90] },
  kernelCode: { machine: [80, 90], portable: [80, 90] },
  visible: undefined,
};

type Change = Partial<Omit<CudaFacts, "driver" | "build">> & {
  readonly driver?: Partial<CudaFacts["driver"]>;
  readonly build?: Partial<CudaFacts["build"]>;
};

function changed({ driver, build, ...rest }: Change): CudaFacts {
  return { ...WELL, ...rest, driver: { ...WELL.driver, ...driver }, build: { ...WELL.build, ...build } };
}

const BLIND = { sees: false } as const;
const CASES: readonly (readonly [what: string, facts: CudaFacts, expected: RegExp | null])[] = [
  ["all is well", WELL, null],
  [
    "a driver of an older minor version, which serves",
    changed({ ...BLIND, build: { torch: 13020 } }),
    /^libtorch 2\.13\.0 \(CUDA 13\.2\) sees no card/,
  ],
  [
    "no driver",
    changed({ ...BLIND, driver: { library: false, init: -1, version: 0, cards: [] } }),
    /^no NVIDIA driver: libcuda\.so\.1 is not found/,
  ],
  ["the toolkit's stub", changed({ ...BLIND, driver: { init: 34, cards: [] } }), /stub.*LD_LIBRARY_PATH/],
  [
    "a driver that fails",
    changed({ ...BLIND, driver: { init: 999, cards: [] } }),
    /does not start: cuInit answers 999$/,
  ],
  [
    "a driver older than libtorch's CUDA",
    changed({ ...BLIND, driver: { version: 12040 } }),
    /too old: it is for CUDA 12\.4, but libtorch 2\.13\.0 was built for CUDA 13\.0/,
  ],
  [
    "a driver older than the kernels' CUDA",
    changed({ ...BLIND, driver: { version: 12080 }, build: { torch: 12060 } }),
    /too old: it is for CUDA 12\.8, but the CUDA kernels were built for CUDA 13\.0/,
  ],
  [
    "no card",
    changed({ ...BLIND, driver: { init: 100, cards: [] } }),
    /^the NVIDIA driver \(CUDA 13\.0\) shows no card$/,
  ],
  [
    "hidden cards",
    changed({ ...BLIND, driver: { cards: [] }, visible: "7" }),
    /shows no card, with CUDA_VISIBLE_DEVICES='7'$/,
  ],
  [
    "a card that is too old",
    changed({ driver: { cards: [V100, H200] } }),
    /^Tesla V100.*\(sm_70\) is not covered: expected a card of sm_80/,
  ],
  [
    "a card that libtorch does not cover",
    changed({ driver: { cards: [A30] }, torchCode: { machine: [86, 90], portable: [] } }),
    /^NVIDIA A30 \(sm_80\) is not covered by libtorch 2\.13\.0 in \/torch: it holds code for sm_86, sm_90$/,
  ],
  [
    "a card that our kernels do not cover",
    changed({ driver: { cards: [A30] }, kernelCode: { machine: [90], portable: [90] } }),
    /^NVIDIA A30 \(sm_80\) is not covered by \/x\/vqathinker_cuda\.so: it holds code for sm_90, PTX 90$/,
  ],
  [
    "libtorch without CUDA",
    changed({ ...BLIND, build: { torch: 0 }, torchCode: null }),
    /^libtorch 2\.13\.0 in \/torch is a CPU build; run: npx vqathinker setup --cuda$/,
  ],
  ["a libtorch that sees none", changed(BLIND), /sees no card, though the driver shows 1$/],
  ["no kernels", changed({ build: { refusal: "no such file" } }), /^no such file$/],
  [
    "neither libtorch nor kernels",
    changed({ ...BLIND, build: { torch: 0, refusal: "no such file" } }),
    /is a CPU build.*; and no such file$/,
  ],
  [
    "a device that libtorch sees without a driver",
    changed({ driver: { library: false, cards: [] }, build: { torch: 0 } }),
    null,
  ],
];

describe("cudaObstacle", () => {
  for (const [what, facts, expected] of CASES)
    it(`says ${what}`, () => {
      const found = cudaObstacle(facts);
      if (expected === null) assert.equal(found, null);
      else assert.match(found ?? "nothing", expected);
      assert.equal(bestDevice(facts), found === null ? "cuda" : "cpu");
      if (found === null) requireCuda("cuda", facts);
      else
        assert.throws(() => requireCuda("cuda", facts), {
          code: "E_UNAVAILABLE",
          message: `device 'cuda': ${found}`,
        });
    });
});

const CLI = new URL("../../../lib/cli/main.js", import.meta.url).pathname;
const INDEX = new URL("../../../lib/index.js", import.meta.url).href;
const LOADS = `const { loadModel } = await import(${JSON.stringify(INDEX)});
const device = process.argv[1];
try {
  await loadModel("tiny", { device }).catch(() => {});
  await loadModel("tiny", { device });
  console.log(JSON.stringify({}));
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
}`;

describe("a process with a stand-in driver", { skip: ownReason() }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vqat-cuda-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What doctor says of CUDA, once the refusal of the device was found to say the same. */
  function told(
    name: string,
    driver: DriverAnswers | null,
    kernels: readonly [table: number, cuda: number] | null,
    kernelBytes?: number,
  ) {
    const own = join(folder, name);
    const release = join(own, "build", "Release");
    mkdirSync(release, { recursive: true });
    const addon = addonPath();
    for (const file of [addon, join(dirname(addon), "vqathinker_loader.so")])
      copyFileSync(file, join(release, basename(file)));
    if (driver !== null) compileDriver(own, driver);
    if (kernels !== null) compileKernels(release, ...kernels);
    if (kernelBytes !== undefined) truncateSync(join(release, "vqathinker_cuda.so"), kernelBytes);
    const { CUDA_VISIBLE_DEVICES: _, ...rest } = process.env;
    const tries = join(own, "tries");
    const env = { ...rest, LD_LIBRARY_PATH: own, VQATHINKER_PREBUILD: own, VQAT_TRIES: tries };
    const run = (args: readonly string[]) =>
      JSON.parse(spawnSync(process.execPath, args, { env, encoding: "utf8" }).stdout) as unknown;
    const diagnosis = run([CLI, "doctor", "--json"]) as Diagnosis;
    const { detail = "", ok } = diagnosis.checks.find((check) => check.name === "cuda") ?? {};
    assert.equal(ok, false);
    const refusal = run(["--input-type=module", "--eval", LOADS, "cuda"]) as {
      code: string;
      message: string;
    };
    assert.equal(refusal.code, "E_UNAVAILABLE");
    assert.equal(`${refusal.message}; everything runs on the CPU`, `device 'cuda': ${detail}`);
    return {
      detail,
      checks: diagnosis.checks,
      cards: diagnosis.cards,
      tries: () => (existsSync(tries) ? statSync(tries).size : 0),
      other: () => run(["--input-type=module", "--eval", LOADS, "cuda:1"]),
    };
  }

  const OWN_TABLE = 1_000_000;

  const skip = openLoader(addonPath()).cudaDriver().library ? "this machine has a driver" : false;
  it("that is not there", { skip }, () => {
    assert.match(told("none", null, null).detail, /^no NVIDIA driver/);
  });

  it("that crashes: told once tried in another process, and tried once in each", () => {
    const { detail, cards, checks, tries } = told("crash", { version: 13000, init: "abort" }, null);
    assert.match(
      detail,
      /^a process that tried CUDA first was ended by SIGABRT \(the driver is unwell\); update/,
    );
    assert.deepEqual(cards, []);
    assert.equal(checks.find(({ name }) => name === "addon")?.ok, true, "the CPU still works");
    assert.equal(tries(), 2, "doctor, and the refused device's two attempts");
  });

  it("that crashes under a CUDA libtorch, which doctor then does not open itself", () => {
    const own = join(folder, "crash-cuda");
    mkdirSync(join(own, "lib"), { recursive: true });
    for (const name of ["libtorch_cpu.so", "libtorch_cuda.so"]) writeFileSync(join(own, "lib", name), "");
    compileDriver(own, { version: 13000, init: "abort" });
    const env = { ...process.env, LD_LIBRARY_PATH: own, VQAT_LIBTORCH: own, VQAT_TRIES: join(own, "tries") };
    const { stdout } = spawnSync(process.execPath, [CLI, "doctor", "--json"], { env, encoding: "utf8" });
    const { checks } = JSON.parse(stdout) as Diagnosis;
    assert.match(
      checks.find(({ name }) => name === "addon")?.detail ?? "",
      /^a process that tried CUDA first/,
    );
  });

  it("that is too old for the kernels", () => {
    const { detail, cards } = told("old", { version: 12040, cards: [H200] }, [OWN_TABLE, 13000]);
    assert.match(detail, /too old: it is for CUDA 12\.4, but the CUDA kernels were built for CUDA 13\.0/);
    assert.deepEqual(cards, [H200]);
  });

  it("that has no card", () => {
    assert.match(told("empty", { version: 13000, init: 100 }, null).detail, /shows no card/);
    assert.match(told("none visible", { version: 13000 }, null).detail, /shows no card/);
  });

  it("with a card that is too old", () => {
    const { detail, cards } = told("v100", { version: 13000, cards: [V100] }, null);
    assert.match(detail, /^Tesla V100-SXM2-16GB \(sm_70\) is not covered/);
    assert.deepEqual(cards, [V100]);
  });

  it("with cards, but neither a CUDA libtorch nor kernels", () => {
    const { detail, cards, other } = told("bare", { version: 13000, cards: [H200, A30] }, null);
    const { root, version } = findLibtorch();
    assert.ok(
      detail.startsWith(
        `libtorch ${version} in ${root} is a CPU build; run: npx vqathinker setup --cuda; and `,
      ),
    );
    assert.match(detail, /vqathinker_cuda\.so is missing, so the addon has no CUDA kernels/);
    assert.deepEqual(cards, [H200, A30]);
    const { code, message } = other() as { code: string; message: string };
    assert.equal(code, "E_UNAVAILABLE");
    assert.match(message, /'cuda:1'.*CUDA_VISIBLE_DEVICES/);
  });

  it("with kernels that are cut short, which the CPU does without", () => {
    const { detail, checks } = told("cut", { version: 13000, cards: [H200] }, [OWN_TABLE, 13000], 8192);
    assert.match(
      detail,
      /^\S*vqathinker_cuda\.so is cut short: its headers tell of \d+ bytes, it has 8192; install/,
    );
    assert.equal(checks.find(({ name }) => name === "addon")?.ok, true);
  });

  it("with kernels of another version", () => {
    const { detail } = told("other", { version: 13000, cards: [H200] }, [OWN_TABLE, 13000]);
    assert.match(
      detail,
      /vqathinker_cuda\.so is of another build: expected kernels of version \d+, found 1000000/,
    );
  });
});

// On a CUDA build the same process also wakes the driver: which of them it was, nobody can say.
describe("an addon that crashes when it is opened", { skip: ownReason() }, () => {
  it("is told by doctor, which does not open it itself, and is not blamed on the driver", () => {
    const own = mkdtempSync(join(tmpdir(), "vqat-crash-"));
    try {
      const release = join(own, "build", "Release");
      const crash = `#include <signal.h>
        #include <stdio.h>
        __attribute__((constructor)) static void at_once(void) { fputs("unwell\\n", stderr); raise(SIGBUS); }`;
      compile(join(release, "vqathinker.node"), crash);
      copyFileSync(join(dirname(addonPath()), "vqathinker_loader.so"), join(release, "vqathinker_loader.so"));
      const env = { ...process.env, VQATHINKER_PREBUILD: own };
      const { stdout, status } = spawnSync(process.execPath, [CLI, "doctor", "--json"], {
        env,
        encoding: "utf8",
      });
      assert.equal(status, 1);
      const { checks } = JSON.parse(stdout) as Diagnosis;
      const of = (name: string) => checks.find((check) => check.name === name)?.detail ?? "";
      assert.match(
        of("addon"),
        /^a process that opened libtorch and the addon first was ended by SIGBUS \(unwell\); install/,
      );
      assert.equal(of("cuda"), "not looked at: the addon does not load");
    } finally {
      rmSync(own, { recursive: true });
    }
  });
});

/** A CUDA libtorch would ask the stand-in for more than it knows. */
function ownReason(): string | false {
  return findLibtorch(openLoader(addonPath()).builtFor).cuda ? "needs a CPU libtorch" : false;
}
