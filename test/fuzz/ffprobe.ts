/** Fuzz target: what ffprobe writes about a video, and whether a file's first bytes are those of a transport stream. */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { decordFrames } from "../../lib/video/decord-walk.js";
import { factsOf } from "../../lib/video/probe.js";
import { beginsLikeTransportStream } from "../../lib/video/transport-stream.js";
import { once, oneOf } from "./draw.js";
import { jsonBytes } from "./json.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = ["probe", "transport-stream"].map((name) => `lib/video/${name}.ts`);

const FLAGS = ["K__", "___", "KD_", "_D_", "K_C"];
const KEYS =
  "pts dts flags width height avg_frame_rate time_base start_pts tags rotate side_data_list rotation".split(
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
    flags: i === 0 ? "K__" : oneOf(draws, FLAGS),
  }));
  const stream = {
    width: 1 + draws.below(4096),
    height: 1 + draws.below(4096),
    avg_frame_rate: oneOf(draws, ["25/1", "0/0", "30000/1001"]),
    time_base: oneOf(draws, ["1/12800", "1/1000", "0/1"]),
    ...(once(draws, 2) ? { start_pts: start } : {}),
    ...(once(draws, 4) ? { tags: { rotate: oneOf(draws, ["90", "-90", "x", "1e9"]), title: "é" } } : {}),
    ...(once(draws, 4) ? { side_data_list: [{}, { rotation: oneOf(draws, [-90, 180, 45]) }] } : {}),
  };
  return jsonBytes(draws, { packets, streams: [stream], format: { format_name: oneOf(draws, NAMES) } }, KEYS);
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = () => {
    assert.ok(!beginsLikeTransportStream(input), "text is no transport stream");
    const { frameCount, times, width, height, packets } = factsOf(
      new TextDecoder().decode(input),
      INPUT_FILE,
    );
    assert.ok(
      times.length >= 1 && times.length <= frameCount,
      "frames that are shown are among those that are counted",
    );
    assert.ok(
      times.every((time, i) => Number.isFinite(time) && time >= (times[i - 1] ?? time)),
      "times are finite and rise",
    );
    assert.ok(Number.isSafeInteger(3 * width * height) && width > 0 && height > 0, "a frame has a size");
    const frames = decordFrames(
      packets,
      Array.from({ length: frameCount }, (_, i) => (7 * i) % frameCount),
    );
    assert.ok(
      frames.every((frame) => frame >= 0 && frame < frameCount),
      "a number leads to a frame",
    );
  };
  return takes(read, { code: "E_MEDIA" });
}
