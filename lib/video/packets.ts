/** What ffprobe tells of a stream's packets, as times and order. Pure: opens nothing. */
import type { PacketOrder } from "./decord-walk.js";

/** One entry of ffprobe's `packets`; times in ticks of the stream. */
export interface Packet {
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
export function isHidden({ flags }: Packet): boolean {
  return flags?.includes("D") ?? false;
}

/** [packets], rising: seconds. Where a container (AVI, raw streams) lacks presentation times, frames come as decoded. */
export function presentationTimes(packets: readonly Packet[], clock: StreamClock): Float64Array {
  const tick = fraction(clock.time_base);
  if (packets.every(({ pts }) => pts !== undefined))
    return Float64Array.from(packets, ({ pts = 0 }) => pts * tick).sort();
  const start = clock.start_pts ?? 0;
  if (packets.every(({ dts }) => dts !== undefined)) {
    const ticks = Float64Array.from(packets, ({ dts = 0 }) => dts).sort();
    const [first = 0] = ticks;
    return ticks.map((dts) => (start + dts - first) * tick);
  }
  const rate = fraction(clock.avg_frame_rate);
  return Float64Array.from(packets, (_, i) => start * tick + (rate > 0 ? i / rate : 0));
}

function fraction(text: string | undefined): number {
  const [numerator = 0, denominator = 0] = (text ?? "").split("/").map(Number);
  return denominator > 0 ? numerator / denominator : 0;
}

/**
 * @param container  ffprobe's `format_name`. Seeks are known in QuickTime's family, by decoding time of every packet, and
 *                   in Matroska's, by presentation time of key packets; others give null, and so do packets without these times.
 */
export function packetOrder(packets: readonly Packet[], container: string): PacketOrder | null {
  const quickTime = container.includes("mp4");
  if (!quickTime && !container.includes("matroska")) return null;
  if (packets.some(({ pts, dts }) => pts === undefined || (quickTime && dts === undefined))) return null;
  const presentation = Float64Array.from(packets, ({ pts = 0 }) => pts);
  const isKey = packets.map(({ flags }) => flags?.includes("K") ?? false);
  const delay = quickTime ? editDelay(packets) : 0;
  const index = quickTime
    ? Float64Array.from(packets, ({ dts = 0 }) => dts + delay)
    : presentation.map((time, packet) => (isKey[packet] ? time : Number.NaN));
  return { presentation, index, isKey, isHidden: packets.map(isHidden) };
}

/** Ticks by which an edit list moved decoding times down, so that the first shown frame is at 0; a seek adds them again. */
function editDelay(packets: readonly Packet[]): number {
  const first = packets.find((packet) => !isHidden(packet))?.dts ?? 0;
  return packets.some(isHidden) || first < 0 ? -first : 0;
}
