/** Fuzz target: what ffprobe writes about a video, and whether first bytes are those of a transport stream. */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { decordFrames } from "../../lib/video/decord-walk.js";
import { readTicks, readWalk } from "../../lib/video/ffprobe.js";
import { isJoined, lostPackets, type Pictures, uncertainHead } from "../../lib/video/pictures.js";
import { factsOf } from "../../lib/video/probe.js";
import { isRandomAccess } from "../../lib/video/random-access.js";
import { type ChosenStream, chooseStream } from "../../lib/video/stream-choice.js";
import { beginsLikeTransportStream } from "../../lib/video/transport-stream.js";
import { once, oneOf } from "./draw.js";
import { jsonBytes } from "./json.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = ["ffprobe", "transport-stream"].map((name) => `lib/video/${name}.ts`);

const FLAGS = ["K__", "___", "KD_", "_D_", "K_C"];
const KEYS =
  "stream_index pts dts size pos flags index codec_name width height color_space avg_frame_rate time_base start_pts bit_rate tags rotate side_data_list rotation best_effort_timestamp".split(
    " ",
  );
const NAMES = ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts"];

export function make(draws: Draws): Uint8Array {
  const start = oneOf(draws, [0, 0, -512, 1024, 2 ** 40]);
  const without = oneOf(draws, ["", "", "", "pts", "dts", "both"]);
  const packets = Array.from({ length: draws.below(24) }, (_, i) => ({
    ...(without === "pts" || without === "both"
      ? {}
      : { pts: start + 512 * (i + oneOf(draws, [0, 0, 1, 2])) }),
    ...(without === "dts" || without === "both" ? {} : { dts: start + 512 * (i - 1) }),
    stream_index: oneOf(draws, [0, 0, 0, 1]),
    size: String(draws.below(4096)),
    pos: String(48 + 4096 * i),
    flags: i === 0 && !once(draws, 4) ? "K__" : oneOf(draws, FLAGS),
  }));
  const stream = (index: number) => ({
    index,
    codec_name: oneOf(draws, ["h264", "vp8"]),
    ...(once(draws, 2) ? { bit_rate: String(draws.below(4096)) } : {}),
    ...(once(draws, 2) ? { color_space: oneOf(draws, ["bt709", "ycgco"]) } : {}),
    width: 1 + draws.below(4096),
    height: 1 + draws.below(4096),
    avg_frame_rate: oneOf(draws, ["25/1", "0/0", "30000/1001"]),
    time_base: oneOf(draws, ["1/12800", "1/1000", "0/1"]),
    ...(once(draws, 2) ? { start_pts: start } : {}),
    ...(once(draws, 4) ? { tags: { rotate: oneOf(draws, ["90", "-90", "x", "1e9"]), title: "é" } } : {}),
    ...(once(draws, 4) ? { side_data_list: [{}, { rotation: oneOf(draws, [-90, 180, 45]) }] } : {}),
  });
  const frames = packets
    .filter(() => !once(draws, 6))
    .map(({ pts }) => (pts === undefined ? {} : { best_effort_timestamp: pts }));
  const streams = Array.from({ length: 1 + draws.below(2) }, (_, index) => stream(index));
  return jsonBytes(draws, { packets, frames, streams, format: { format_name: oneOf(draws, NAMES) } }, KEYS);
}

/** As if the decoder had given the pictures whose times `ticks` are. */
function picturesOf({ packets, container }: ChosenStream, ticks: readonly (number | undefined)[]): Pictures {
  const head = uncertainHead(packets, container);
  const lost = head === 0 ? [] : lostPackets(packets.slice(0, head), new Set(), ticks);
  return lost === null || isJoined(packets, container)
    ? { silent: null, ticks, lost: 0 }
    : { silent: new Set(lost), ticks: [], lost: lost.length };
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = () => {
    for (const codec of ["h264", "hevc", "vp8", "vp9"])
      for (const isMatroska of [false, true]) isRandomAccess(input, input.length, { codec, isMatroska });
    assert.ok(!beginsLikeTransportStream(input), "text is no transport stream");
    const text = new TextDecoder().decode(input);
    const chosen = chooseStream(readWalk(text, INPUT_FILE), INPUT_FILE);
    const pictures = picturesOf(chosen, readTicks(text, INPUT_FILE));
    const { frameCount, times, width, height, packets } = factsOf(chosen, pictures, INPUT_FILE);
    assert.ok(
      times.length >= 1 && times.length <= frameCount,
      "frames that are shown are among those that are counted",
    );
    assert.ok(
      times.every(
        (time, i) => Number.isFinite(time) && (pictures.silent === null || time >= (times[i - 1] ?? time)),
      ),
      "times are finite and rise where packets tell them",
    );
    assert.ok(Number.isSafeInteger(3 * width * height) && width > 0 && height > 0, "a frame has a size");
    const frames = decordFrames(
      packets,
      Array.from({ length: frameCount }, (_, i) => (7 * i) % frameCount),
    );
    assert.ok(
      frames.every((frame) => frame >= 0 && frame < times.length),
      "a number leads to a picture",
    );
  };
  return takes(read, { code: "E_MEDIA" });
}
