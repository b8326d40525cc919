/** Where decoding may begin, by the bytes of packets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRandomAccess } from "../../../lib/video/random-access.js";

/** Units of a packet: the first bytes of each, filled up to a length. */
function packet(...units: (readonly number[])[]): Uint8Array {
  const length = 9;
  return Uint8Array.from(
    units.flatMap((unit) => [0, 0, 0, length, ...unit, ...new Array(length - unit.length).fill(1)]),
  );
}
function told(codec: string, bytes: Uint8Array): boolean {
  const block = Uint8Array.from([0x81, 0, 40, 0x80, ...bytes]);
  const inMp4 = isRandomAccess(bytes, bytes.length, { codec, isMatroska: false });
  assert.equal(isRandomAccess(block, bytes.length, { codec, isMatroska: true }), inMp4);
  return inMp4;
}

test("H.264: the first slice is of an IDR picture; a recovery point is none", () => {
  assert.equal(told("h264", packet([0x67], [0x68], [0x06], [0x65])), true);
  assert.equal(told("h264", packet([0x06], [0x41])), false);
  assert.equal(told("h264", packet([0x67])), false);
});

test("HEVC: IDR, CRA and BLA", () => {
  for (const [type, expected] of [
    [19, true],
    [20, true],
    [21, true],
    [16, true],
    [1, false],
    [9, false],
  ] as const)
    assert.equal(told("hevc", packet([32 << 1], [39 << 1], [type << 1])), expected, `${type}`);
});

test("VP8 and VP9: a key frame with its sync code", () => {
  assert.equal(told("vp8", Uint8Array.from([0x10, 2, 0, 0x9d, 0x01, 0x2a, 64, 0])), true);
  assert.equal(told("vp8", Uint8Array.from([0x11, 2, 0, 0x9d, 0x01, 0x2a, 64, 0])), false);
  assert.equal(told("vp9", Uint8Array.from([0x82, 0x49, 0x83, 0x42, 0])), true);
  assert.equal(told("vp9", Uint8Array.from([0x86, 0x49, 0x83, 0x42, 0])), false);
});

test("what is not understood is not certain: other codecs, lengths that do not fit, laced blocks, an empty packet", () => {
  assert.equal(told("mpeg4", packet([0x65])), false);
  assert.equal(told("h264", Uint8Array.from([0, 0, 0, 1, 0x65, 1, 1, 1])), false);
  assert.equal(told("h264", Uint8Array.from([0, 0, 9, 0, 0x65, 1, 1, 1])), false);
  assert.equal(told("h264", new Uint8Array()), false);
  const bytes = packet([0x65]);
  const laced = Uint8Array.from([0x81, 0, 40, 0x82, ...bytes]);
  assert.equal(isRandomAccess(laced, bytes.length, { codec: "h264", isMatroska: true }), false);
});
