/**
 * `npm run test:processors [-- --part NAME]`: the CPU kernels' tests on processors that this machine is not, under
 * qemu-user: x86-64 without AVX2, x86-64 with it and no AVX-512, and ARM64. For ARM64 loader and addon are compiled and
 * linked too, with Debian's cross compiler and libtorch's headers, but not run: that needs an ARM64 libtorch.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap } from "./bootstrap.mjs";
import { libtorchFolder } from "./build.mjs";
import { buildTools } from "./build-tools.mjs";
import { main, must, ROOT, StepError, say, works } from "./shell.mjs";

const CROSS = "aarch64-linux-gnu-g++";
const SYSROOT = "/usr/aarch64-linux-gnu";
const GTEST = "/usr/src/googletest";
/** Cases of CUDA run on a card or under their emulation. */
const CPU_CASES = "--gtest_filter=-*Cuda*";
/** A test that starts itself again, which qemu-user cannot do for another processor. */
const RESTARTS = ":ImplDeathTest.*";

const PARTS = {
  baseline: () => x86("Nehalem", "baseline"),
  avx2: () => x86("Haswell", "AVX2"),
  arm64,
};

await main(async () => {
  const { values } = parseArgs({ options: { part: { type: "string", multiple: true } } });
  const parts = values.part ?? Object.keys(PARTS);
  for (const name of parts)
    if (!(name in PARTS))
      throw new StepError(`--part: expected ${Object.keys(PARTS).join(", ")}, found ${name}`);
  need("qemu-x86_64", "qemu-user");
  await bootstrap({ tests: true });
  for (const name of parts) {
    await PARTS[name]();
    say(`${name}: passed`);
  }
});

async function x86(model, vectors) {
  say(`the kernels' tests on an emulated ${model}, on which their vectors are: ${vectors}`);
  const program = join(ROOT, "build", "test", "cuda", "vqat_kernels_emulated_test");
  await must("qemu-x86_64", ["-cpu", model, program, "--gtest_brief=1", CPU_CASES], {
    env: { ...process.env, VQAT_EXPECT_VECTORS: vectors },
  });
}

async function arm64() {
  need(CROSS, "g++-aarch64-linux-gnu");
  if (!existsSync(GTEST)) throw new StepError(`GoogleTest's sources are missing: apt-get install googletest`);
  const out = join(ROOT, "build-arm64");
  const { nodeApi, nodeAddonApi } = buildTools();
  const settings = {
    CMAKE_SYSTEM_NAME: "Linux",
    CMAKE_SYSTEM_PROCESSOR: "aarch64",
    CMAKE_C_COMPILER: CROSS.replace("g++", "gcc"),
    CMAKE_CXX_COMPILER: CROSS,
    CMAKE_CROSSCOMPILING_EMULATOR: `qemu-aarch64;-L;${SYSROOT}`,
    VQAT_LIBTORCH: await libtorchFolder(),
    VQAT_HEADERS_ALONE: "ON",
    VQAT_CUDA: "OFF",
    VQAT_TESTS: "ON",
    VQAT_GTEST: GTEST,
    VQAT_NODE_API: nodeApi,
    VQAT_NODE_ADDON_API: nodeAddonApi,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await must("cmake", ["-S", ROOT, "-B", out, ...flags]);
  const targets = ["vqat_kernels_cpu_test", "vqat_base_test", "vqathinker_loader", "vqathinker"];
  await must("cmake", ["--build", out, "--parallel", "2", "--target", ...targets]);
  for (const [name, ...args] of [["vqat_base_test"], ["vqat_kernels_cpu_test", `${CPU_CASES}${RESTARTS}`]])
    await must("qemu-aarch64", ["-L", SYSROOT, join(out, name), "--gtest_brief=1", ...args]);
}

function need(program, from) {
  if (!works(program, ["--version"]))
    throw new StepError(`${program} is missing; on Debian: apt-get install ${from}`);
}
