/** Which of several video streams is looked at: the one that decord 0.6.0 takes. Pure: opens nothing. */
import type { Packet, PacketWalk, VideoStream } from "./ffprobe.js";
import { DRAWING, DRAWN, refusedFormat } from "./formats.js";
import { mediaError } from "./media-file.js";
import { isKey } from "./packets.js";

type SizedStream = VideoStream & { readonly width: number; readonly height: number };

/** The stream that is looked at, its packets in decoding order and what holds them. */
export interface ChosenStream {
  readonly stream: SizedStream;
  readonly packets: readonly Packet[];
  /** ffprobe's name. */
  readonly container: string;
}

/** As many packets as tell a video from a still picture. */
const VIDEO = 5;

/**
 * decord asks libavformat for its best stream: one of five or more frames before one of fewer, then the higher bit rate
 * where the container tells it, then the earlier. A mark as default does not count.
 *
 * @throws {EngineError} E_MEDIA naming the file where there is no video stream, none whose pictures have a size, or one
 *   that is drawn.
 */
export function chooseStream({ streams, packets, format }: PacketWalk, file: string): ChosenStream {
  const counts = new Map<number, number>();
  for (const { stream_index } of packets) counts.set(stream_index, (counts.get(stream_index) ?? 0) + 1);
  const frames = ({ index }: VideoStream) => Math.min(counts.get(index) ?? 0, VIDEO);
  const [stream] = streams
    .filter((one): one is SizedStream => !!one.width && !!one.height)
    .sort((a, b) => frames(b) - frames(a) || (b.bit_rate ?? 0) - (a.bit_rate ?? 0));
  if ((stream ?? streams[0])?.codec_name === DRAWN) throw mediaError(file, DRAWING);
  if (stream === undefined) throw mediaError(file, refusedFormat(file) ?? whyNone(streams, packets));
  return {
    stream,
    packets: packets.filter(({ stream_index }) => stream_index === stream.index),
    container: format.format_name,
  };
}

/** What is said of packets that no picture can be made of; null where they hold a key frame. */
export function withoutKeyFrame(packets: readonly Packet[]): string | null {
  if (packets.length === 0 || packets.some(isKey)) return null;
  return "holds no key frame, and every picture of it needs one: cut it so that it begins at one, or record it again: ffmpeg -ss SECONDS -i RECORDING -c copy FILE begins at the key frame before that time";
}

function whyNone(streams: readonly VideoStream[], packets: readonly Packet[]): string {
  const unsized = streams.filter(({ width, height }) => width === 0 || height === 0);
  if (unsized.length === 0) return "expected a video stream, found none";
  const own = packets.filter(({ stream_index }) => unsized.some(({ index }) => index === stream_index));
  return (
    withoutKeyFrame(own) ??
    "its video stream does not say how large its pictures are: what stands at its beginning is missing or damaged"
  );
}
