/** What ffprobe tells of a stream's packets, as times and order. Pure: opens nothing. */
import type { PacketOrder } from "./decord-walk.js";

/** One entry of ffprobe's `packets`; times in ticks of the stream. */
export interface TimedPacket {
  readonly pts?: number | undefined;
  readonly dts?: number | undefined;
  readonly flags?: string | undefined;
}

/** The part of ffprobe's `streams` that gives ticks a length. */
export interface StreamClock {
  readonly avg_frame_rate?: string | undefined;
  readonly time_base?: string | undefined;
  readonly start_pts?: number | undefined;
}

/** Hidden by an edit list: decoded where others need it, never shown. */
export function isHidden({ flags }: TimedPacket): boolean {
  return flags?.includes("D") ?? false;
}

export function isKey({ flags }: TimedPacket): boolean {
  return flags?.includes("K") ?? false;
}

/**
 * The packets that give a picture, in the order of showing; where a container lacks presentation times (AVI, raw streams),
 * as they are decoded.
 *
 * @param silent  numbers of packets that give none.
 */
export function pictureOrder(packets: readonly TimedPacket[], silent: ReadonlySet<number>): Int32Array {
  const shown = [...packets.keys()].filter((i) => !isHidden(packets[i] ?? {}) && !silent.has(i));
  if (shown.every((i) => packets[i]?.pts !== undefined))
    shown.sort((a, b) => (packets[a]?.pts ?? 0) - (packets[b]?.pts ?? 0));
  return Int32Array.from(shown);
}

/** [pictures] seconds, in the order of `pictures`, which are places in `packets`. */
export function pictureTimes(
  packets: readonly TimedPacket[],
  pictures: Int32Array,
  clock: StreamClock,
): Float64Array {
  const tick = tickOf(clock);
  const chosen = Array.from(pictures, (packet) => packets[packet] ?? {});
  if (chosen.every(({ pts }) => pts !== undefined))
    return Float64Array.from(chosen, ({ pts = 0 }) => pts * tick);
  const start = clock.start_pts ?? 0;
  if (chosen.every(({ dts }) => dts !== undefined)) {
    const ticks = Float64Array.from(chosen, ({ dts = 0 }) => dts).sort();
    const [first = 0] = ticks;
    return ticks.map((dts) => (start + dts - first) * tick);
  }
  return steadyTimes(new Array(chosen.length).fill(undefined), clock);
}

/** [pictures] seconds, of pictures of which some or all are timed by the frame rate alone, from the one before on. */
export function steadyTimes(ticks: readonly (number | undefined)[], clock: StreamClock): Float64Array {
  const tick = tickOf(clock);
  const rate = fraction(clock.avg_frame_rate);
  const period = rate > 0 ? 1 / rate : 0;
  const first = Math.max(
    ticks.findIndex((at) => at !== undefined),
    0,
  );
  let [from, known] = [first, ticks[first] ?? clock.start_pts ?? 0];
  return Float64Array.from(ticks, (at, i) => {
    if (at !== undefined) [from, known] = [i, at];
    return known * tick + (i - from) * period;
  });
}

/** Seconds. */
export function tickOf(clock: StreamClock): number {
  return fraction(clock.time_base);
}

function fraction(text: string | undefined): number {
  const [numerator = 0, denominator = 0] = (text ?? "").split("/").map(Number);
  return denominator > 0 ? numerator / denominator : 0;
}

/**
 * @param container  ffprobe's `format_name`. Seeks are known in QuickTime's family, by decoding time of every packet, and
 *                   in Matroska's, by presentation time of key packets; others give null, and so do packets without these times.
 * @param shown      as `pictureOrder` gives them.
 */
export function packetOrder(
  packets: readonly TimedPacket[],
  container: string,
  shown: Int32Array,
): PacketOrder | null {
  const quickTime = container.includes("mp4");
  if (!quickTime && !container.includes("matroska")) return null;
  const gives = new Set(shown);
  const isTold = ({ pts, dts }: TimedPacket, i: number) =>
    (pts !== undefined || !gives.has(i)) && (dts !== undefined || !quickTime);
  if (!packets.every(isTold)) return null;
  const presentation = Float64Array.from(packets, ({ pts = Number.NEGATIVE_INFINITY }) => pts);
  const keys = packets.map(isKey);
  const delay = quickTime ? editDelay(packets) : 0;
  const index = quickTime
    ? Float64Array.from(packets, ({ dts = 0 }) => dts + delay)
    : presentation.map((time, packet) => (keys[packet] ? time : Number.NaN));
  return { presentation, index, isKey: keys, isHidden: packets.map(isHidden), shown };
}

/** Ticks by which an edit list moved decoding times down, so that the first shown frame is at 0; a seek adds them again. */
function editDelay(packets: readonly TimedPacket[]): number {
  const first = packets.find((packet) => !isHidden(packet))?.dts ?? 0;
  return packets.some(isHidden) || first < 0 ? -first : 0;
}
