/**
 * Why a CUDA device cannot be used, in one place and one wording: `doctor` prints it and `device: "cuda"` is refused
 * with it. The facts come from the driver (through the loader), libtorch and the CUDA library (through the addon), and
 * the two files that hold kernels; what to make of them is `cudaObstacle`, which touches nothing.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../core/errors.js";
import { type Environment, findLibtorch } from "../libtorch/libtorch.js";
import { type Architectures, architecturesOf, covers } from "./architectures.js";
import type { CudaBuild, NativeBinding } from "./binding.js";
import { type CudaCard, type CudaDriver, type Loader, openLoader } from "./loader.js";

export interface CudaFacts {
  readonly driver: CudaDriver;
  /** Whether the libtorch in this process sees a device. */
  readonly sees: boolean;
  readonly build: CudaBuild;
  readonly torch: { readonly version: string; readonly root: string };
  /** Of libtorch's and of our own kernels; null where the file is not there or holds none. */
  readonly torchCode: Architectures | null;
  readonly kernelCode: Architectures | null;
  /** CUDA_VISIBLE_DEVICES. */
  readonly visible: string | undefined;
}

/** The least compute capability that the kernels are written for: 8.0, which has bfloat16. */
const LEAST_CAPABILITY = 80;

/** Results of cuInit that say more than a number. */
const NO_DEVICE = 100;
const INIT_RESULTS: Readonly<Record<number, string>> = {
  34: "this libcuda.so.1 is the CUDA toolkit's stub and no driver; take its folder off LD_LIBRARY_PATH",
  803: "its parts are of different versions; restart the machine after an update of the driver",
  804: "its compatibility package does not serve this card; update the driver itself",
};

/** Looks at all of it. The addon is loaded already. */
export function lookAtCuda(addon: string, native: NativeBinding, env: Environment = process.env): CudaFacts {
  const loader: Loader = openLoader(addon);
  const libtorch = findLibtorch(loader.builtFor, env);
  const info = native.info();
  const build = native.cudaBuild();
  return {
    driver: loader.cudaDriver(),
    sees: info.cuda,
    build,
    torch: { version: libtorch.version ?? info.torchVersion, root: libtorch.root },
    torchCode: codeOf(join(libtorch.root, "lib", "libtorch_cuda.so")),
    kernelCode: codeOf(build.library),
    visible: env["CUDA_VISIBLE_DEVICES"],
  };
}

/** What "auto" stands for: the card when nothing stands in its way, else the CPU. */
export function bestDevice(facts: CudaFacts): "cuda" | "cpu" {
  return cudaObstacle(facts) === null ? "cuda" : "cpu";
}

/** @throws {EngineError} E_UNAVAILABLE with the reason, unless the device can be used. */
export function requireCuda(device: string, facts: CudaFacts): void {
  const obstacle = cudaObstacle(facts);
  if (obstacle === null) return;
  throw new EngineError("E_UNAVAILABLE", `device '${device}': ${obstacle}`, { details: { device } });
}

/**
 * Null when the device can be used. What the machine lacks comes first and alone, because no software would help;
 * what libtorch and the addon lack is told together.
 */
export function cudaObstacle(facts: CudaFacts): string | null {
  // A device that libtorch sees has a driver that works, whoever provides it.
  const machine = facts.sees ? cardObstacle(facts) : (driverObstacle(facts) ?? cardObstacle(facts));
  if (machine !== null) return machine;
  const software = [torchObstacle(facts), facts.build.refusal].filter((one) => one !== "");
  return software.length === 0 ? null : software.join("; and ");
}

function driverObstacle({ driver, build, torch, visible }: CudaFacts): string | null {
  if (!driver.library)
    return "no NVIDIA driver: libcuda.so.1 is not found; install it, or start the container with access to the card";
  const noCard = driver.init === NO_DEVICE || (driver.init === 0 && driver.cards.length === 0);
  if (driver.init !== 0 && !noCard) {
    const why = INIT_RESULTS[driver.init];
    return `the NVIDIA driver does not start: cuInit answers ${driver.init}${why === undefined ? "" : `: ${why}`}`;
  }
  // Within one major version of CUDA an older driver serves newer libraries.
  const needs = [
    { who: `libtorch ${torch.version} was`, cuda: build.torch },
    { who: "the CUDA kernels were", cuda: build.kernels },
  ].find(({ cuda }) => major(cuda) > major(driver.version) && driver.version > 0);
  if (needs !== undefined)
    return (
      `the NVIDIA driver is too old: it is for CUDA ${cudaVersion(driver.version)}, ` +
      `but ${needs.who} built for CUDA ${cudaVersion(needs.cuda)}; update the driver`
    );
  if (!noCard) return null;
  const hidden = visible === undefined ? "" : `, with CUDA_VISIBLE_DEVICES='${visible}'`;
  return `the NVIDIA driver (CUDA ${cudaVersion(driver.version)}) shows no card${hidden}`;
}

function cardObstacle({ driver, torch, torchCode, kernelCode, build }: CudaFacts): string | null {
  const card = driver.cards[0];
  // A driver that does not tell the capability leaves it to libtorch.
  if (card === undefined || card.major === 0) return null;
  const capability = 10 * card.major + card.minor;
  const name = `${card.name} (sm_${capability})`;
  if (capability < LEAST_CAPABILITY)
    return `${name} is not covered: expected a card of sm_${LEAST_CAPABILITY} or newer`;
  const code = [
    { who: `libtorch ${torch.version} in ${torch.root}`, of: torchCode },
    { who: build.library, of: kernelCode },
  ];
  for (const { who, of } of code)
    if (of !== null && !covers(of, capability))
      return `${name} is not covered by ${who}: it holds code for ${list(of)}`;
  return null;
}

function torchObstacle({ sees, build, torch, driver }: CudaFacts): string {
  if (sees) return "";
  if (build.torch === 0)
    return `libtorch ${torch.version} in ${torch.root} is a CPU build; run: npx vqathinker setup --cuda`;
  return (
    `libtorch ${torch.version} (CUDA ${cudaVersion(build.torch)}) sees no card, ` +
    `though the driver shows ${driver.cards.length}`
  );
}

/** "NVIDIA H200, 140 GiB, sm_90". */
export function describeCard({ name, bytes, major, minor }: CudaCard): string {
  return `${name}, ${Math.round(bytes / 2 ** 30)} GiB, sm_${major}${minor}`;
}

/** "13.0" of 13000. */
export function cudaVersion(version: number): string {
  return `${major(version)}.${Math.floor((version % 1000) / 10)}`;
}

function major(version: number): number {
  return Math.floor(version / 1000);
}

function list({ machine, portable }: Architectures): string {
  return [...machine.map((one) => `sm_${one}`), ...portable.map((one) => `PTX ${one}`)].join(", ");
}

function codeOf(file: string): Architectures | null {
  return existsSync(file) ? architecturesOf(file) : null;
}
