/**
 * Compiles one CUDA file for one architecture with nvcc, as the build does, and returns what the compiler says and
 * wrote. Nothing is kept between two calls. Must not know what the figures mean.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../lib/core/package-root.js";

const call = promisify(execFile);

/** The architectures that the library holds machine code for. */
export const ARCHITECTURES = ["sm_80", "sm_90"] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export interface Compiled {
  /** What ptxas says of each kernel: registers, spills, stack, shared memory. */
  readonly log: string;
  readonly ptx: string;
  /** The machine code's symbols with the number of their section, as readelf prints them. */
  readonly symbols: string;
}

/** The CUDA compiler that CMake would take. */
export function cudaCompiler(): string {
  return process.env["CUDACXX"] ?? "nvcc";
}

/** The compiler's version as "13.0", or null where there is no CUDA compiler. */
export function compilerVersion(): string | null {
  const { stdout } = spawnSync(cudaCompiler(), ["--version"], { encoding: "utf8" });
  return /release (\d+\.\d+)/.exec(stdout ?? "")?.[1] ?? null;
}

/**
 * @param file  a .cu file.
 * @throws Error with the compiler's output when it does not compile.
 */
export async function compileFor(architecture: Architecture, file: string): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), "vqathinker-cuda-"));
  try {
    const name = basename(file, ".cu");
    const virtual = architecture.replace("sm_", "compute_");
    const machineCode = join(folder, "machine-code.cubin");
    const { stderr } = await call(cudaCompiler(), [
      ...["-std=c++17", "-O3", "-DNDEBUG", `-I${join(packageRoot(), "native")}`],
      ...["-gencode", `arch=${virtual},code=${architecture}`, "-Xptxas", "-v", "-cubin"],
      ...["--keep", "--keep-dir", folder, file, "-o", machineCode],
    ]);
    // It warns of section fields that CUDA uses in its own way.
    const { stdout } = await call("readelf", ["--symbols", "--wide", machineCode]);
    return { log: stderr, ptx: await readFile(join(folder, `${name}.ptx`), "utf8"), symbols: stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
