/** `vqathinker doctor`: what this machine has and lacks, without changing anything. */

import { execFileSync } from "node:child_process";
import { Command } from "commander";
import { EngineError } from "../core/errors.js";
import { packageVersion } from "../core/package-root.js";
import { toType } from "../core/to-type.js";
import {
  LIBTORCH_VERSION,
  type LibtorchCandidate,
  minorVersion,
  searchLibtorch,
} from "../libtorch/libtorch.js";
import { cudaObstacle, cudaVersion, describeCard, lookAtCuda } from "../native/cuda.js";
import { addonCrash, cudaCrash } from "../native/cuda-trial.js";
import { findAddon } from "../native/find-addon.js";
import { load } from "../native/load.js";
import { addonPath, type CudaCard, openLoader } from "../native/loader.js";
import { findTool, type VideoTool } from "../video/tools.js";

export interface Check {
  readonly name: "node" | "libtorch" | "addon" | "ffmpeg" | "ffprobe" | "cuda";
  readonly ok: boolean;
  /** False for what vqathinker works without. */
  readonly needed: boolean;
  readonly detail: string;
}

export interface Diagnosis {
  readonly version: string;
  /** True when everything that is needed is there. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** Where libtorch was looked for, in order. */
  readonly libtorch: readonly LibtorchCandidate[];
  /** The cards that the NVIDIA driver shows. */
  readonly cards: readonly CudaCard[];
}

const NODE_FLOOR = [20, 19] as const;

/** Looks at everything that vqathinker stands on. Loads the addon, changes nothing. */
export function diagnose(): Diagnosis {
  const loader = attempt(() => openLoader(addonPath()));
  const wanted = loader.value?.builtFor ?? LIBTORCH_VERSION;
  const search = attempt(() => searchLibtorch(wanted));
  const candidates = search.value?.candidates ?? [];
  const crash = loader.value === undefined ? null : cudaCrash();
  const driver = crash === null ? loader.value?.cudaDriver() : undefined;
  const addon = addonCheck(crash, search.value?.found?.cuda ?? false);
  const checks = [
    nodeCheck(),
    needed("libtorch", search.value?.found != null, search.error ?? describeFound(candidates, wanted)),
    addon,
    programCheck("ffmpeg"),
    programCheck("ffprobe"),
    crash === null ? cudaCheck() : addon.ok || addon.detail === crash ? refusedCuda(crash) : notLooked(),
  ];
  return {
    version: packageVersion(),
    ok: checks.every((check) => check.ok || !check.needed),
    checks,
    libtorch: candidates,
    cards: driver?.cards ?? [],
  };
}

/** Exit code 0 when everything needed is there, else 1. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what this machine has: Node, libtorch and why it was chosen, ffmpeg, CUDA, the addon")
    .option("--json", "print one JSON object")
    .action((options: { json?: boolean }) => {
      const diagnosis = diagnose();
      process.stdout.write(
        options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis),
      );
      process.exitCode = diagnosis.ok ? 0 : 1;
    });
}

/** The diagnosis as lines for a terminal. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  const lines = [`vqathinker ${diagnosis.version}`];
  for (const check of diagnosis.checks) {
    const cards = check.name === "cuda" ? diagnosis.cards : [];
    lines.push(
      `${check.ok ? "ok     " : check.needed ? "MISSING" : "none   "} ${check.name.padEnd(8)} ${check.detail}`,
    );
    lines.push(...cards.map((card, i) => `          ${i === 0 ? "*" : "-"} ${describeCard(card)}`));
    if (check.name !== "libtorch") continue;
    for (const { root, version, cuda, taken, reason } of diagnosis.libtorch) {
      const build = `${version ?? "version unknown"}, ${cuda ? "CUDA" : "CPU"}`;
      lines.push(
        `          ${taken ? "*" : "-"} ${root} (${build}): ${taken ? "taken" : "rejected"}, ${reason}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

function needed(name: Check["name"], ok: boolean, detail: string): Check {
  return { name, ok, needed: true, detail };
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  return needed("node", ok, `${process.version}, needs ${NODE_FLOOR.join(".")} or newer`);
}

function describeFound(candidates: readonly LibtorchCandidate[], wanted: string): string {
  const taken = candidates.find((candidate) => candidate.taken);
  if (taken) return `${taken.version ?? "version unknown"} in ${taken.root}`;
  return `no libtorch ${minorVersion(wanted)}; run: ${toType("setup")}`;
}

/**
 * What crashed in another process is not opened in this one.
 *
 * @param cuda  whether libtorch is a CUDA build, which the driver takes along.
 */
function addonCheck(crash: string | null, cuda: boolean): Check {
  const why = crash === null || cuda ? crash : addonCrash();
  if (why !== null) return needed("addon", false, why);
  const result = attempt(() => {
    const addon = findAddon();
    const info = load(addon.path, process.env).info();
    const from = addon.package ?? addon.origin;
    return (
      `${from}: ${addon.path}, built for libtorch ${info.torchVersion}, ${info.kernels} kernels ` +
      `(${info.vectors}), ${info.threads} threads`
    );
  });
  return needed("addon", result.error === undefined, result.error ?? result.value ?? "");
}

/** The program that a video is read with. */
function programCheck(name: VideoTool): Check {
  const found = attempt(() => findTool(name));
  if (found.value === undefined) return needed(name, false, found.error ?? "");
  const program = found.value;
  try {
    const text = execFileSync(program, ["-version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return needed(name, true, `${program}: ${text.split("\n")[0] ?? ""}`);
  } catch {
    return needed(name, false, `${program} cannot be started`);
  }
}

/** In the words that a refused `device: "cuda"` has. */
function cudaCheck(): Check {
  const found = attempt(() => {
    const addon = addonPath();
    const facts = lookAtCuda(addon, load(addon, process.env));
    return { facts, obstacle: cudaObstacle(facts) };
  });
  if (found.value === undefined) return notLooked();
  const { facts, obstacle } = found.value;
  if (obstacle !== null) return refusedCuda(obstacle);
  const { driver, build } = facts;
  const whose = driver.library
    ? `driver for CUDA ${cudaVersion(driver.version)}`
    : "a device without an NVIDIA driver";
  return ofCuda(true, `${whose}, kernels in ${build.library}`);
}

function notLooked(): Check {
  return ofCuda(false, "not looked at: the addon does not load");
}

function refusedCuda(why: string): Check {
  return ofCuda(false, `${why}; everything runs on the CPU`);
}

function ofCuda(ok: boolean, detail: string): Check {
  return { name: "cuda", ok, needed: false, detail };
}

/** A diagnosis goes on where a run would stop: an error becomes its text. */
function attempt<T>(step: () => T): { value?: T; error?: string } {
  try {
    return { value: step() };
  } catch (error) {
    if (error instanceof EngineError) return { error: `${error.code}: ${error.message}` };
    throw error;
  }
}
