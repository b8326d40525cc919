/** Where decoding may begin for a few frames of a long video. Opens the file for a look at key packets; runs nothing. */
import { open } from "node:fs/promises";
import type { VideoFacts } from "./probe.js";
import { isRandomAccess, TOLD } from "./random-access.js";
import type { KeyPacket, SeekIndex } from "./seek-index.js";

/** A part of the stream that is decoded from a key packet on. */
export interface Stretch {
  /** Where to seek to, seconds on the file's clock; null for the beginning. */
  readonly seconds: number | null;
  /** [frames of this stretch]: presentation time, ticks; rising. */
  readonly ticks: number[];
}

/** Pixels that are decoded in the time that it takes to open the file once more. */
const OPENING = 2 ** 23;
/** ffmpeg seeks so much earlier in containers that are not asked by presentation time (its fftools/ffmpeg_demux.c). */
const EARLIER = 3 / 23;

/**
 * Stretches that hold these frames; null where the whole is to be decoded, because that is less work or because it is not
 * certain that decoding from a key packet gives the same pictures.
 *
 * @param frames  numbers of pictures, rising.
 */
export async function findStretches(facts: VideoFacts, frames: readonly number[]): Promise<Stretch[] | null> {
  const { seeks, packets } = facts;
  if (seeks === null || packets === null) return null;
  const places = frames.map((frame) => packets.shown[frame] ?? 0);
  const starts = places.map((packet) => keyBefore(seeks, packet));
  const used = new Map(starts.map((key) => [key.packet, key]));
  const sought = [...used.keys()].reduce((sum, key) => sum + farthest(places, starts, key) + 1 - key, 0);
  const saved = Math.max(...places) - sought;
  if (saved * facts.width * facts.height <= used.size * OPENING) return null;
  const isCertain = await allRandomAccess(facts.path, seeks, [...used.values()]);
  if (!isCertain) return null;
  return [...used.keys()].map((key) => {
    const ticks = places
      .filter((_, i) => starts[i]?.packet === key)
      .map((packet) => seeks.presentation[packet] ?? 0);
    return { seconds: key === 0 ? null : target(seeks, key, ticks[0] ?? 0), ticks };
  });
}

/** The last key packet that is neither decoded nor shown after this one: frames that lead an open group need the one before. */
function keyBefore({ keys, presentation }: SeekIndex, packet: number): KeyPacket {
  const time = presentation[packet] ?? 0;
  const found = keys.findLast((key) => key.packet <= packet && (presentation[key.packet] ?? 0) <= time);
  return found ?? (keys[0] as KeyPacket);
}

function farthest(places: readonly number[], starts: readonly KeyPacket[], key: number): number {
  return Math.max(...places.filter((_, i) => starts[i]?.packet === key));
}

/** No later than the first frame that is wanted, so that the key packet after it is never the nearest. */
function target({ presentation, tick, isMatroska }: SeekIndex, key: number, first: number): number {
  const time = (presentation[key] ?? 0) * tick;
  return isMatroska ? Math.min(time + EARLIER + tick / 2, first * tick) : time;
}

async function allRandomAccess(path: string, seeks: SeekIndex, keys: readonly KeyPacket[]): Promise<boolean> {
  const file = await open(path);
  try {
    for (const { packet, pos, size } of keys) {
      if (packet === 0) continue;
      const head = new Uint8Array(Math.min(size + TOLD.block, TOLD.bytes));
      const { bytesRead } = await file.read(head, 0, head.length, pos);
      if (!isRandomAccess(head.subarray(0, bytesRead), size, seeks)) return false;
    }
    return true;
  } finally {
    await file.close();
  }
}
