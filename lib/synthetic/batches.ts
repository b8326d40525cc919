/** Splits plans into encoder runs and keeps a few of them going at once. Knows plans and runs, not what a run does. */
import type { SyntheticPlan } from "./plan.js";

/** Most clips in one encoder run: bounds what is lost by an abort and evens out the work. */
const MOST = 60;

export interface Batch {
  readonly quantiser: number;
  readonly plans: readonly SyntheticPlan[];
}

/** Clips of one quantiser together, in order, at most MOST a batch; larger batches first. */
export function batches(plans: readonly SyntheticPlan[]): Batch[] {
  const groups = new Map<number, SyntheticPlan[]>();
  for (const plan of plans) {
    const group = groups.get(plan.quantiser);
    if (group) group.push(plan);
    else groups.set(plan.quantiser, [plan]);
  }
  const result: Batch[] = [];
  for (const [quantiser, group] of groups) {
    for (let from = 0; from < group.length; from += MOST) {
      result.push({ quantiser, plans: group.slice(from, from + MOST) });
    }
  }
  return result.sort((a, b) => b.plans.length - a.plans.length);
}

/** Runs `work` on every item, at most `workers` at a time; the first failure stops the rest and is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  const lanes = Array.from({ length: Math.max(1, workers) }, lane);
  try {
    await Promise.all(lanes);
  } finally {
    waiting.length = 0;
    await Promise.allSettled(lanes);
  }
}
