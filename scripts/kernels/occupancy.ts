/**
 * How many blocks of a kernel an SM of an H100 or H200 (sm_90) holds at a time, and whether a card can start a block
 * at all. Source: the rules of cuda_occupancy.h, which the CUDA toolkit brings along.
 */
import type { KernelFacts } from "./facts.js";

const WARP = 32;
/** Without __launch_bounds__ a block may be as large as a card allows. */
export const LARGEST_BLOCK = 1024;
/** Of a block on every card since sm_50, and of an SM. */
export const REGISTERS = 65_536;
/** Bytes of a block without asking for more at its start. */
export const STATIC_SHARED = 48 * 1024;

const SM = {
  threads: 2048,
  blocks: 32,
  /** An SM has four parts with a quarter of the registers each; a block's warps are dealt to them in turn. */
  parts: 4,
  /** Bytes; 1 KiB of it is taken for the system with every block. */
  shared: 233_472,
  sharedPerBlock: 1024,
};
/** What registers of a warp, and bytes of a block, are handed out in. */
const REGISTER_UNIT = 256;
const SHARED_UNIT = 128;

type Needs = Pick<KernelFacts, "threads" | "registers" | "shared">;

const upTo = (value: number, unit: number) => Math.ceil(value / unit) * unit;
const registersOfWarp = ({ registers }: Needs) => upTo(registers * WARP, REGISTER_UNIT);
const warpsOf = ({ threads }: Needs) => Math.ceil((threads ?? LARGEST_BLOCK) / WARP);

/** What the largest block takes: whole warps in fours, their registers in units of 256. At most REGISTERS can start. */
export function registersOfBlock(needs: Needs): number {
  return registersOfWarp(needs) * upTo(warpsOf(needs), SM.parts);
}

/**
 * Blocks of the largest size on one SM of sm_90: the least of
 *   2048 / (warps × 32),
 *   32,
 *   4 × ⌊16384 / registers of a warp⌋ / warps,
 *   228 KiB / (shared memory + 1 KiB, in units of 128 bytes).
 */
export function blocksOnSm(needs: Needs): number {
  const warps = warpsOf(needs);
  if (registersOfBlock(needs) > REGISTERS) return 0;
  const warpsByRegisters = SM.parts * Math.floor(REGISTERS / SM.parts / registersOfWarp(needs));
  return Math.floor(
    Math.min(
      SM.threads / (warps * WARP),
      SM.blocks,
      warpsByRegisters / warps,
      SM.shared / upTo(needs.shared + SM.sharedPerBlock, SHARED_UNIT),
    ),
  );
}
