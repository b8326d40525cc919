/** Which error comes out of a chain of streams. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { createInflateRaw, deflateRawSync } from "node:zlib";
import { drain } from "../../../lib/core/drain.js";

const many = () => Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(2 ** 16)));

test("the sink's own, wherever it stops", async () => {
  const packed = Readable.from([deflateRawSync(Buffer.alloc(2 ** 24))]);
  const sink = async (pieces: AsyncIterable<Buffer>) => {
    for await (const _ of pieces) throw new Error("the disk is full");
  };
  await assert.rejects(drain(packed, [createInflateRaw()], sink), { message: "the disk is full" });
  await assert.rejects(drain(many(), [], sink), { message: "the disk is full" });
});

test("a stream's, where that breaks", async () => {
  const sink = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) assert.ok(piece);
  };
  await assert.rejects(drain(Readable.from([Buffer.alloc(99, 0xff)]), [createInflateRaw()], sink), {
    code: "Z_DATA_ERROR",
  });
});

test("what comes goes through every stage in order", async () => {
  const double = async function* (pieces: AsyncIterable<Buffer>) {
    for await (const piece of pieces) yield Buffer.concat([piece, piece]);
  };
  let bytes = 0;
  await drain(many(), [double, double], async (pieces) => {
    for await (const piece of pieces) bytes += piece.length;
  });
  assert.equal(bytes, 4 * 100 * 2 ** 16);
});
