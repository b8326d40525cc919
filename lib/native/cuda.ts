/**
 * Why a CUDA device cannot be used, in one place and one wording: `doctor` prints it and `device: "cuda"` is refused
 * with it. The facts come from the driver (through the loader), libtorch and the CUDA library (through the addon), and
 * the two files that hold kernels; what to make of them is `cudaObstacle`, which touches nothing.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError } from "../core/errors.js";
import { type Environment, findLibtorch } from "../libtorch/libtorch.js";
import { type Architectures, architecturesOf, covers } from "./architectures.js";
import type { CudaBuild, NativeBinding } from "./binding.js";
import { REINSTALL } from "./load-failure.js";
import { type CudaCard, type CudaDriver, type Loader, openLoader } from "./loader.js";
import { cutError } from "./whole.js";

export interface CudaFacts {
  readonly driver: CudaDriver;
  /** Whether the libtorch in this process sees a device. */
  readonly sees: boolean;
  readonly build: KnownBuild;
  readonly torch: { readonly version: string; readonly root: string };
  /** Of libtorch's and of our own kernels; null where the file is not there or holds none. */
  readonly torchCode: Architectures | null;
  readonly kernelCode: Architectures | null;
  /** CUDA_VISIBLE_DEVICES. */
  readonly visible: string | undefined;
}

/** `torch` is null when libtorch was not asked. */
type KnownBuild = Omit<CudaBuild, "torch"> & { readonly torch: number | null };

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
  const build = cudaBuildOf(addon, native);
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

/** As the addon tells it. Kernels that are cut short it must not open, and they are all that is told. */
export function cudaBuildOf(addon: string, native: NativeBinding): KnownBuild {
  const library = kernelsBeside(addon);
  const cut = cutError(library, REINSTALL);
  return cut === null ? native.cudaBuild() : { torch: null, kernels: 0, library, refusal: cut.message };
}

/**
 * Where there is no libtorch, what the machine lacks for a card is said first: no libtorch would help.
 *
 * @throws {EngineError} E_UNAVAILABLE for that; E_NO_LIBTORCH with `details.device`, naming the CUDA build.
 */
export function requireLibtorchFor(device: string, addon: string, env: Environment = process.env): void {
  const loader = openLoader(addon);
  try {
    findLibtorch(loader.builtFor, env, true);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_NO_LIBTORCH") throw error;
    const obstacle = machineObstacle(loader.cudaDriver(), env);
    if (obstacle !== null) throw unavailable(device, obstacle);
    throw new EngineError("E_NO_LIBTORCH", error.message, { details: { ...error.details, device } });
  }
}

/** What "auto" stands for: the card when nothing stands in its way, else the CPU. */
export function bestDevice(facts: CudaFacts): "cuda" | "cpu" {
  return cudaObstacle(facts) === null ? "cuda" : "cpu";
}

/** @throws {EngineError} E_UNAVAILABLE with the reason, unless the device can be used. */
export function requireCuda(device: string, facts: CudaFacts): void {
  const obstacle = cudaObstacle(facts);
  if (obstacle === null) return;
  throw unavailable(device, obstacle);
}

function unavailable(device: string, obstacle: string): EngineError {
  return new EngineError("E_UNAVAILABLE", `device '${device}': ${obstacle}`, { details: { device } });
}

/** The file that holds the CUDA kernels, whether it is there or not. */
export function kernelsBeside(addon: string): string {
  return join(dirname(addon), "vqathinker_cuda.so");
}

/** What the machine itself lacks, as far as it can be told before any libtorch is opened; null for nothing. */
export function machineObstacle(driver: CudaDriver, env: Environment = process.env): string | null {
  const build = { torch: null, kernels: 0, library: "", refusal: "" };
  const unknown = { sees: false, build, torch: { version: "", root: "" }, torchCode: null, kernelCode: null };
  const facts: CudaFacts = { ...unknown, driver, visible: env["CUDA_VISIBLE_DEVICES"] };
  return driverObstacle(facts) ?? cardObstacle(facts);
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
    { who: `libtorch ${torch.version} was`, cuda: build.torch ?? 0 },
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
  if (sees || build.torch === null) return "";
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
