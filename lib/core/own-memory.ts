/** How much of this machine's memory this process may take. */
import { freemem, totalmem } from "node:os";

/** Bytes. */
export interface HostMemory {
  /** The machine's, or what a container has of it. */
  readonly total: number;
  /** Of these what nobody else holds; what files left in the system's cache counts as free. */
  readonly free: number;
}

/** Runtimes that are not Node may lack the call; without a limit it tells more than there is. */
function limit(): number {
  const told = (process as { constrainedMemory?(): number | undefined }).constrainedMemory?.() ?? 0;
  return told > 0 ? told : Infinity;
}

export function hostMemory(): HostMemory {
  const total = Math.min(totalmem(), limit());
  return { total, free: Math.min(total, freemem() + process.memoryUsage.rss()) };
}
