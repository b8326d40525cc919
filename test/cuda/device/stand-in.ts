/**
 * Gives this process a `cuda` device that is none: the addon's build with emulated kernels, and in libtorch a device
 * whose memory the host cannot touch. Import it before the first native call, in a test or for any of our programs:
 *
 *   node --import ./dist/test/cuda/device/stand-in.js dist/lib/cli/main.js score … --device cuda
 */
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../../lib/core/package-root.js";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { librariesToOpen } from "../../../lib/native/libraries.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";

/** What happened on the device since reset(). */
export interface Counts {
  /** Of libtorch. */
  readonly operators: number;
  /** Of our kernels. */
  readonly launches: number;
  /** Copies; each waits for the device. */
  readonly toDevice: number;
  readonly toHost: number;
  /** Single values that the host asked for. */
  readonly items: number;
  /** The host in device memory, or host memory given to an operator: since the start. */
  readonly wrong: number;
  /** Handles of the streams that our kernels were launched on. */
  readonly streams: readonly number[];
  /** How often each operator, kernel, copy and wrong access was there. */
  readonly names: Readonly<Record<string, number>>;
}

export interface StandIn {
  /** Handle of libtorch's current stream. */
  readonly stream: number;
  counts(): Counts;
  reset(): void;
  memory(): { readonly bytes: number; readonly peakBytes: number; readonly limit: number };
  /** Bytes that the device has from now on; 0 for no limit. */
  setLimit(bytes: number): void;
  /**
   * The n-th launch from now on of a kernel goes wrong, counted from 1; as on a card, the next wait tells, and from
   * then on every call fails.
   */
  breakIn(kernel: string, launch: number): void;
  /** Makes a broken device whole, as no card can be. */
  mend(): void;
  /** Text of the first allocation whose surroundings were written to, or "". */
  damage(): string;
  /** Does wrong: host code reads a tensor on the device. Its value. */
  touch(): number;
  /** Does wrong: gives an operator a vector of the host. The operator's refusal. */
  mix(): string | null;
}

const folder = join(packageRoot(), "build", "stand-in");
const file = join(folder, "stand_in.node");

/** Why there is none, for a test to skip with; null where there is one. */
export const missing = whyNot();

function whyNot(): string | null {
  const { cuda, root } = findLibtorch(openLoader(addonPath()).builtFor, process.env);
  if (cuda) return `${root} is a CUDA build of libtorch, whose device cannot be stood in for`;
  return existsSync(file) ? null : `${file} is not built: node scripts/build.mjs --tests`;
}

function open(): StandIn {
  process.env.VQATHINKER_PREBUILD = folder;
  const loader = openLoader(addonPath());
  loader.open(librariesToOpen(findLibtorch(loader.builtFor, process.env)));
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file, constants.dlopen.RTLD_NOW);
  return module.exports as StandIn;
}

let opened: StandIn | undefined;

/** The device. @throws {Error} when it is not built. */
export function standIn(): StandIn {
  if (missing !== null) throw new Error(missing);
  opened ??= open();
  return opened;
}

if (missing === null) standIn();

/** Copies and single values: what a card would wait for. */
export function waits({ toDevice, toHost, items }: Counts): number {
  return toDevice + toHost + items;
}
