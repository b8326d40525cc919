/** Which of several video streams is taken; that decord takes the same: the clips of test/parity/clips.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseStream } from "../../../lib/video/stream-choice.js";

interface Described {
  readonly packets: number;
  readonly bitRate?: number;
}

function chosen(streams: readonly Described[]): { index: number; packets: number } {
  const { stream, packets } = chooseStream(
    {
      streams: streams.map(({ bitRate }, index) => ({
        index,
        codec_name: "h264",
        width: 48,
        height: 32,
        bit_rate: bitRate,
      })),
      // Interleaved, as files are.
      packets: Array.from({ length: 20 }, (_, at) => at).flatMap((at) =>
        streams.flatMap(({ packets }, index) => (at < packets ? [{ stream_index: index, pts: at }] : [])),
      ),
      format: { format_name: "matroska,webm" },
    },
    "a.mkv",
  );
  return { index: stream.index, packets: packets.length };
}

test("a video before a still, then the higher bit rate where it is told, then the earlier", () => {
  assert.deepEqual(chosen([{ packets: 20 }, { packets: 20 }]), { index: 0, packets: 20 });
  assert.deepEqual(chosen([{ packets: 1 }, { packets: 20 }]), { index: 1, packets: 20 });
  assert.deepEqual(chosen([{ packets: 4, bitRate: 9e6 }, { packets: 5 }]), { index: 1, packets: 5 });
  assert.deepEqual(chosen([{ packets: 5, bitRate: 9e6 }, { packets: 20 }]), { index: 0, packets: 5 });
  assert.deepEqual(
    chosen([
      { packets: 20, bitRate: 1e6 },
      { packets: 20, bitRate: 2e6 },
    ]),
    { index: 1, packets: 20 },
  );
  assert.equal(chosen([{ packets: 20 }, { packets: 6, bitRate: 1 }]).index, 1);
});

test("a stream without a size is taken by no one; that of its pictures may have been cut off", () => {
  const walk = (flags: string, more: object[] = []) => ({
    streams: [{ index: 0, codec_name: "h264", width: 0, height: 0 }, ...more] as never[],
    packets: [
      { stream_index: 0, pts: 0, flags },
      { stream_index: 1, pts: 0, flags: "K_" },
    ],
    format: { format_name: "mpegts" },
  });
  const sized = { index: 1, codec_name: "h264", width: 48, height: 32 };
  assert.equal(chooseStream(walk("__", [sized]), "a.ts").stream.index, 1);
  assert.throws(() => chooseStream(walk("__"), "a.ts"), { message: /^a\.ts: holds no key frame, / });
  assert.throws(() => chooseStream(walk("K_"), "a.ts"), { message: /^a\.ts: .*does not say how large/ });
});

test("a drawing is no stream of pictures, also to an ffprobe that cannot draw it", () => {
  for (const side of [16, 0, undefined]) {
    const stream = { index: 0, codec_name: "svg", width: side, height: side };
    const walk = { streams: [stream], packets: [{ stream_index: 0 }], format: { format_name: "image2" } };
    assert.throws(() => chooseStream(walk as never, "a.svg"), {
      code: "E_MEDIA",
      message: /^a\.svg: expected a picture, found a drawing \(SVG\)/,
    });
  }
});

test("a file without a video is told", () => {
  assert.throws(() => chosen([]), {
    code: "E_MEDIA",
    message: /^a\.mkv: expected a video stream, found none/,
  });
});
