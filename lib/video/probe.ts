/** Facts of a video file: what is counted, shown and when, and how it is turned. Knows no plan. */
import { resolve } from "node:path";
import { checkPath } from "../core/check.js";
import type { PacketOrder } from "./decord-walk.js";
import { type Packet, type VideoStream, walkPackets } from "./ffprobe.js";
import { findPictures } from "./look.js";
import { checkFile, mediaError } from "./media-file.js";
import { packetOrder, pictureOrder, pictureTimes, steadyTimes } from "./packets.js";
import type { Pictures } from "./pictures.js";
import { type SeekIndex, seekIndex } from "./seek-index.js";
import { type ChosenStream, chooseStream, withoutKeyFrame } from "./stream-choice.js";

/** What ffprobe says of a video's stream. */
export interface VideoFacts {
  /** Absolute. */
  readonly path: string;
  /** Number of the stream that is looked at, among all of the file. */
  readonly stream: number;
  /**
   * In the families of MP4 and Matroska the packets of the stream, also those that are never shown: what decord counts as
   * frames. Elsewhere its pictures.
   */
  readonly frameCount: number;
  /** Packets that give no picture because what they need is not there: those before the first key frame, as a rule. */
  readonly lost: number;
  /**
   * Presentation time of each picture [shown] in the order of showing, seconds; rises, but where parts were joined whose
   * times go back. Fewer than frameCount where some packets show nothing.
   */
  readonly times: Float64Array;
  /** Size as shown, after rotation, pixels. */
  readonly width: number;
  readonly height: number;
  /** Clockwise turn that is asked for, degrees; another angle than these is not applied. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** ffprobe's name of the matrix that YUV is converted with; undefined where none is told. */
  readonly matrix: string | undefined;
  /** What decordFrames needs; null where the frames of a plan are those in presentation order. */
  readonly packets: PacketOrder | null;
  /** What a seek needs; null where frames are found by counting alone. */
  readonly seeks: SeekIndex | null;
}

/**
 * @throws {EngineError} E_MEDIA naming the file when it is missing, unreadable, holds no video frame, or lists other
 *                       files instead, as playlists do; E_NO_FFMPEG; E_UNAVAILABLE where its name needs a link that
 *                       cannot be made.
 */
export async function probeVideo(
  path: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<VideoFacts> {
  const file = resolve(checkPath("path", path));
  await checkFile(file);
  const chosen = chooseStream(await walkPackets(file, options.signal), file);
  return factsOf(chosen, await findPictures(file, chosen, options.signal), file);
}

/** @throws {EngineError} E_MEDIA where no picture is shown. */
export function factsOf(chosen: ChosenStream, pictures: Pictures, file: string): VideoFacts {
  const { stream, packets, container } = chosen;
  const rotation = rotationOf(stream);
  const turned = rotation === 90 || rotation === 270;
  const { times, order } = timeline(stream, packets, pictures, container);
  if (times.length === 0)
    throw mediaError(file, withoutKeyFrame(packets) ?? "expected at least one video frame, found none");
  return {
    path: file,
    stream: stream.index,
    frameCount: order === null ? times.length : packets.length,
    lost: pictures.lost,
    times,
    width: turned ? stream.height : stream.width,
    height: turned ? stream.width : stream.height,
    rotation,
    matrix: stream.color_space,
    packets: order,
    seeks: order === null || pictures.lost > 0 ? null : seekIndex(chosen, order),
  };
}

function timeline(
  stream: VideoStream,
  packets: readonly Packet[],
  { silent, ticks }: Pictures,
  container: string,
): { times: Float64Array; order: PacketOrder | null } {
  if (silent === null) return { times: steadyTimes(ticks, stream), order: null };
  const shown = pictureOrder(packets, silent);
  return { times: pictureTimes(packets, shown, stream), order: packetOrder(packets, container, shown) };
}

/** As decord takes it: the tag "rotate", else the display matrix, whose angle runs the other way. */
function rotationOf({ tags = {}, side_data_list: sideData = [] }: VideoStream): VideoFacts["rotation"] {
  const tag = Object.entries(tags).find(([name]) => name.toLowerCase() === "rotate")?.[1];
  const matrix = sideData.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
  const angle = Math.trunc((((Number.parseFloat(tag ?? "") || -matrix) % 360) + 360) % 360);
  return angle === 90 || angle === 180 || angle === 270 ? angle : 0;
}
