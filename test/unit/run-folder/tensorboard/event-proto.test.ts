/** Event files byte by byte against those of TensorBoard's own classes; recipe: recipes/event_file.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  scalarEvent,
  sessionStart,
  versionEvent,
} from "../../../../lib/run-folder/tensorboard/event-proto.js";
import { crc32c, record } from "../../../../lib/run-folder/tensorboard/record.js";
import { goldenPath } from "../../../helpers/goldens.js";

interface Told {
  readonly seconds: number;
  readonly record: string;
}

const recorded = JSON.parse(readFileSync(goldenPath("tensorboard/events.json"), "utf8")) as {
  version: Told;
  session: (Told & { step: number })[];
  steps: (Told & { step: number; scalars: [string, number][] })[];
};
const hex = (bytes: Uint8Array) => Buffer.from(record(bytes)).toString("hex");

test("the check value of CRC-32C, and of nothing", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array()), 0);
});

test("version, session starts and scalars are the bytes that TensorBoard writes", () => {
  assert.equal(hex(versionEvent(recorded.version.seconds)), recorded.version.record);
  for (const { seconds, step, record: bytes } of recorded.session)
    assert.equal(hex(sessionStart(seconds, step)), bytes, `session ${step}`);
  for (const { seconds, step, scalars, record: bytes } of recorded.steps)
    assert.equal(hex(scalarEvent(seconds, step, scalars)), bytes, `step ${step}`);
});
