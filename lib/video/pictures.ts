/** Which packets of a stream give a picture: most do. Pure: opens nothing. */
import { isHidden, isKey, type TimedPacket } from "./packets.js";

export interface Pictures {
  /** Numbers of the packets that give no picture; null where it is not known which these are. */
  readonly silent: ReadonlySet<number> | null;
  /** [pictures]: where packets do not tell it, the time of each picture in ticks, in the order of showing. */
  readonly ticks: readonly (number | undefined)[];
  /** Packets that give none because what they need is not there. */
  readonly lost: number;
}

/**
 * True where parts were joined whose times were not made to follow each other, so that times do not tell the order of
 * pictures: a key packet is shown before one that was decoded earlier (where all are marked as key, the marks say
 * nothing), or decoding times go back.
 *
 * @param container  ffprobe's name; Matroska keeps no decoding times, and ffprobe's guess may go back.
 */
export function isJoined(packets: readonly TimedPacket[], container: string): boolean {
  const isTold = !packets.every(isKey);
  const hasDts = !container.includes("matroska");
  let latest = Number.NEGATIVE_INFINITY;
  let before = Number.NEGATIVE_INFINITY;
  return packets.some((packet) => {
    const { pts = latest, dts = before } = packet;
    const isBack = (isTold && isKey(packet) && pts < latest) || (hasDts && dts < before);
    latest = Math.max(latest, pts);
    before = dts;
    return isBack;
  });
}

/**
 * How many packets are to be decoded to know which of the first ones give pictures; 0 where all do. Matroska times all
 * packets, but none that is shown before its clock begins.
 */
export function uncertainHead(packets: readonly TimedPacket[], container: string): number {
  const first = packets.findIndex(isKey);
  const second = packets.findIndex((packet, i) => i > first && isKey(packet));
  const end = first < 0 || second < 0 ? packets.length : second;
  const start = packets[first]?.pts ?? 0;
  const before = container.includes("matroska") ? Number.NEGATIVE_INFINITY : start;
  const leads = (packet: TimedPacket, i: number) =>
    i < end && !isHidden(packet) && (packet.pts ?? before) < start;
  return first !== 0 || packets.some(leads) ? end : 0;
}

/**
 * Numbers of the packets that should have given a picture and did not; null where times do not tell which, or the last one
 * is among them, so that more may follow.
 */
export function lostPackets(
  packets: readonly TimedPacket[],
  hidden: ReadonlySet<number>,
  ticks: readonly (number | undefined)[],
): number[] | null {
  const given = new Set(ticks);
  const shown = [...packets.keys()].filter((i) => !isHidden(packets[i] ?? {}) && !hidden.has(i));
  const lost = shown.filter((i) => packets[i]?.pts === undefined || !given.has(packets[i]?.pts));
  const isTold = shown.length - lost.length === ticks.length && lost.at(-1) !== shown.at(-1);
  return isTold ? lost : null;
}
