/** What ffprobe writes is checked before it is used. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readTicks, readWalk } from "../../../lib/video/ffprobe.js";

test("a walk", () => {
  const stream = { index: 0, width: 48, height: 32, time_base: "1/25" };
  const packet = { stream_index: 0, pts: 0 };
  const output = (more: object) => JSON.stringify({ packets: [packet], streams: [stream], ...more });
  const { streams, packets } = readWalk(output({ packets: [{ ...packet, size: "12", pos: "48" }] }), "a.mp4");
  assert.equal(streams[0]?.width, 48);
  assert.deepEqual([packets[0]?.size, packets[0]?.pos], [12, 48]);
  const refused = (text: string, message: RegExp) =>
    assert.throws(() => readWalk(text, "a.mp4"), { code: "E_MEDIA", message });
  refused("", /^a\.mp4: what ffprobe says of it does not fit: Unexpected end of JSON/);
  refused(output({ packets: [{ ...packet, pts: "N/A" }] }), /does not fit: packets\.0\.pts: /);
  refused(output({ packets: [{ ...packet, flags: 1 }] }), /packets\.0\.flags: /);
  refused(output({ packets: [{ ...packet, size: "-1" }] }), /packets\.0\.size: /);
  refused(output({ packets: [{ pts: 0 }] }), /packets\.0\.stream_index: /);
  refused(output({ streams: [{ ...stream, time_base: "x/25" }] }), /streams\.0\.time_base: /);
  refused(output({ streams: [{ ...stream, height: -1 }] }), /streams\.0\.height: /);
  refused(output({ streams: [{ index: 0, width: 2 ** 14, height: 2 ** 14 }] }), /larger than can be decoded/);
});

test("times of pictures", () => {
  assert.deepEqual(readTicks('{"frames":[{"best_effort_timestamp":3},{}]}', "a.ts"), [3, undefined]);
  assert.throws(() => readTicks('{"frames":[{"best_effort_timestamp":"3"}]}', "a.ts"), {
    code: "E_MEDIA",
    message: /^a\.ts: .*frames\.0\.best_effort_timestamp: /,
  });
});
