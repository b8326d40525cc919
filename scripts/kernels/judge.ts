/** What a card could not run, or would run badly, in the figures of the compiler. */
import type { KernelFacts } from "./facts.js";
import { LARGEST_BLOCK, REGISTERS, registersOfBlock, STATIC_SHARED } from "./occupancy.js";

/** Kernels that may save registers in memory, each with the reason why that is no loss; bytes of a thread. */
export const MOST_SPILLED = 128;
export const SPILLING: Readonly<Record<string, string>> = {};

export const nameOf = ({ operation, kernel }: KernelFacts): string => `${operation} ${kernel}`;

/** Complaints of all kernels, and of kernels in the list of those that spill that do not; empty when all is well. */
export function judge(facts: readonly KernelFacts[], spilling: Readonly<Record<string, string>>): string[] {
  const spill = new Set(facts.filter((one) => spillsOf(one) > 0).map(nameOf));
  const stale = Object.keys(spilling).filter((name) => !spill.has(name));
  return [
    ...facts.flatMap((one) =>
      complaints(one, spilling).map((text) => `${nameOf(one)}, ${one.architecture}: ${text}`),
    ),
    ...stale.map(
      (name) => `${name}: listed as a kernel that spills, but there is none of this name that does`,
    ),
  ];
}

const spillsOf = ({ spillStores, spillLoads }: KernelFacts) => Math.max(spillStores, spillLoads);

function complaints(facts: KernelFacts, spilling: Readonly<Record<string, string>>): string[] {
  const said: string[] = [];
  const { threads, registers, shared, divisions } = facts;
  if (threads === null) said.push("has no __launch_bounds__");
  if ((threads ?? 0) > LARGEST_BLOCK)
    said.push(`a block of ${threads} threads, a card takes ${LARGEST_BLOCK}`);
  if (registersOfBlock(facts) > REGISTERS)
    said.push(
      `cannot start: ${threads ?? LARGEST_BLOCK} threads of ${registers} registers take ` +
        `${registersOfBlock(facts)} of the ${REGISTERS} that a block may have`,
    );
  const spills = spillsOf(facts);
  const most = nameOf(facts) in spilling ? MOST_SPILLED : 0;
  if (spills > most) said.push(`spills ${spills} bytes a thread, at most ${most} are expected`);
  if (shared > STATIC_SHARED)
    said.push(`${shared} bytes of shared memory, a block may have ${STATIC_SHARED}`);
  for (const name of divisions) said.push(`calls ${name}: 64-bit division in machine code`);
  return said;
}
