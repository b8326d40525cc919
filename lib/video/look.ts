/** Looks into a file where its packets do not tell which of them give a picture. */
import { decodedTicks } from "./ffprobe.js";
import { isJoined, lostPackets, type Pictures, uncertainHead } from "./pictures.js";
import type { ChosenStream } from "./stream-choice.js";
import { hiddenFrames } from "./vp8.js";

/**
 * A stream that begins between two key frames, or with pictures that need frames before its first key frame, is decoded
 * at its beginning, as far as the second key frame; one whose packets do not tell the order of its pictures is decoded
 * whole.
 *
 * @throws {EngineError} E_MEDIA naming the file; E_NO_FFMPEG; the signal's reason after an abort.
 */
export async function findPictures(
  file: string,
  { stream: { index, codec_name }, packets, container }: ChosenStream,
  signal: AbortSignal | undefined,
): Promise<Pictures> {
  const hidden = codec_name === "vp8" ? await hiddenFrames(file, index, packets, signal) : new Set<number>();
  if (!isJoined(packets, container)) {
    const head = uncertainHead(packets, container);
    if (head === 0) return { silent: hidden, ticks: [], lost: 0 };
    const lost = lostPackets(packets.slice(0, head), hidden, await decodedTicks(file, index, head, signal));
    const silent = new Set([...hidden, ...(lost ?? [])]);
    if (lost !== null && packets.every(({ pts }, i) => pts !== undefined || silent.has(i)))
      return { silent, ticks: [], lost: lost.length };
  }
  const ticks = await decodedTicks(file, index, null, signal);
  return { silent: null, ticks, lost: Math.max(packets.length - hidden.size - ticks.length, 0) };
}
