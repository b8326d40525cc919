/** What the encoders learn to see on: parts of views, and the numbers that they are to tell of each. */
import { mean, variance } from "../../lib/core/stats.js";
import type { NativeClip } from "../../lib/model/clip.js";
import { KINDS } from "./kinds.js";
import { statistics } from "./statistics.js";
import { clipOfBytes, type ViewedClip } from "./store.js";
import { VIEWED } from "./view.js";

/** Groups of a view in one glimpse: fewer frames at a time are more steps in the same time. */
const GROUPS = 2;
/** What statistics weigh against severities: targets are standardised and made smaller by this. */
const STATISTIC = 0.1;
/** Deviations beyond which a statistic is no lesson. */
const FAR = 4;

export interface Glimpse {
  /** Of GROUPS groups and the whole frame. */
  readonly clip: NativeClip;
  readonly targets: readonly number[];
}

/** Every view in parts that share no group; each view's first part before any view's second, so that the first ones are of many. */
export async function glimpsesOf(views: readonly ViewedClip[]): Promise<Glimpse[]> {
  const { frames, size, fragments } = VIEWED;
  const bytes = size * size * 3;
  const length = GROUPS * fragments.neighbours;
  const seen: { readonly clip: NativeClip; readonly labels: number[]; readonly told: number[] }[] = [];
  for (const { clip, severities, score } of views) {
    const all = clip.read();
    const whole = all.subarray((frames - 1) * bytes);
    const labels = [...KINDS.map((kind) => severities[kind] ?? 0), (score - 3) / 2];
    for (let from = 0; from + length < frames; from += length) {
      const mosaics = all.subarray(from * bytes, (from + length) * bytes);
      const told = statistics(mosaics, size, fragments.neighbours);
      seen.push({ clip: await clipOfBytes(Buffer.concat([mosaics, whole])), labels, told });
    }
  }
  const standardised = standard(seen.map(({ told }) => told));
  const parts = seen.length / views.length;
  const inTurn = Array.from({ length: parts }, (_, part) => seen.filter((_, i) => i % parts === part)).flat();
  return inTurn.map(({ clip, labels, told }) => ({ clip, targets: [...labels, ...standardised(told)] }));
}

function standard(rows: readonly (readonly number[])[]): (row: readonly number[]) => number[] {
  const columns = (rows[0] ?? []).map((_, k) => {
    const column = rows.map((row) => row[k] as number);
    return { centre: mean(column), deviation: Math.sqrt(variance(column, 0)) || 1 };
  });
  return (row) =>
    row.map((value, k) => {
      const { centre, deviation } = columns[k] as (typeof columns)[number];
      return STATISTIC * Math.min(FAR, Math.max(-FAR, (value - centre) / deviation));
    });
}
