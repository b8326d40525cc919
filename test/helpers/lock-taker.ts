/**
 * A process that takes locks when it is told to: for each message { file, takers } it answers { won, busy }, how many of
 * so many attempts at once got the lock, and what the others were told. It keeps what it got until it ends.
 */
import { takeLock } from "../../lib/core/lock.js";

export interface TakeOrder {
  readonly file: string;
  readonly takers: number;
}

export interface TakeReport {
  readonly pid: number;
  readonly won: number;
  readonly told: readonly string[];
}

process.on("message", async ({ file, takers }: TakeOrder) => {
  const taken = await Promise.allSettled(Array.from({ length: takers }, () => takeLock(file, "a run")));
  const told = taken.flatMap((one) =>
    one.status === "rejected" ? [String((one.reason as Error).message)] : [],
  );
  const report: TakeReport = { pid: process.pid, won: takers - told.length, told };
  process.send?.(report);
});
process.send?.("ready");
