/** What the encoders learn to see on: parts of views, and the numbers that they are to tell of each. */
import { clipOfFrames, type NativeClip } from "../../lib/model/clip.js";
import { KINDS } from "./kinds.js";
import { statistics } from "./statistics.js";
import type { ViewedClip } from "./store.js";
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
      seen.push({ clip: await clipOf(mosaics, whole), labels, told });
    }
  }
  const standardised = standard(seen.map(({ told }) => told));
  const parts = seen.length / views.length;
  const inTurn = Array.from({ length: parts }, (_, part) => seen.filter((_, i) => i % parts === part)).flat();
  return inTurn.map(({ clip, labels, told }) => ({ clip, targets: [...labels, ...standardised(told)] }));
}

function clipOf(mosaics: Uint8Array, whole: Uint8Array): Promise<NativeClip> {
  const { size } = VIEWED;
  const rgb = Buffer.concat([mosaics, whole]);
  const bytes = size * size * 3;
  const count = rgb.length / bytes;
  const frames = Array.from({ length: count }, (_, i) => ({
    rgb: rgb.subarray(i * bytes, (i + 1) * bytes),
    width: size,
    height: size,
  }));
  return clipOfFrames(frames, size, new Float64Array(count));
}

function standard(rows: readonly (readonly number[])[]): (row: readonly number[]) => number[] {
  const columns = (rows[0] ?? []).map((_, k) => {
    let [sum, squares] = [0, 0];
    for (const row of rows) {
      sum += row[k] as number;
      squares += (row[k] as number) ** 2;
    }
    const mean = sum / rows.length;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / rows.length - mean * mean)) || 1 };
  });
  return (row) =>
    row.map((value, k) => {
      const { mean, deviation } = columns[k] as (typeof columns)[number];
      return STATISTIC * Math.min(FAR, Math.max(-FAR, (value - mean) / deviation));
    });
}
