/** A checkpoint is known again, and every change of it is told by the name of its file. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  checkpointDifferences,
  checkpointIdentity,
  checkpointIdentitySchema,
} from "../../../lib/checkpoint/identity.js";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { weightDifferences, weightIdentity } from "../../../lib/weights/identity.js";
import { layOutSafetensors } from "../../../lib/weights/safetensors.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const [tiny, start] = ["tiny", "tiny-start"].map((name) => shippedCheckpoint(name) ?? "") as [string, string];
const WEIGHTS = "model.safetensors";
let copies = 0;

function copyOf(dir: string): string {
  const copy = join(scratch, `copy${copies++}`);
  cpSync(dir, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** What is told of a copy after `change`. */
async function told(change: (dir: string) => void, times = true): Promise<string[]> {
  const copy = copyOf(tiny);
  const then = await checkpointIdentity(copy);
  change(copy);
  return checkpointDifferences(then, await checkpointIdentity(copy), { times });
}

test("a copy is the same checkpoint, its times apart; through JSON, too", async () => {
  const copy = copyOf(tiny);
  const [one, other] = [await checkpointIdentity(tiny), await checkpointIdentity(copy)];
  assert.deepEqual(checkpointDifferences(one, other), []);
  assert.deepEqual(checkpointIdentitySchema.parse(JSON.parse(JSON.stringify(one))), one);
  assert.equal(one.weights[0]?.bytes, statSync(join(tiny, WEIGHTS)).size);
  utimesSync(join(copy, WEIGHTS), 1, 1);
  const later = await checkpointIdentity(copy);
  assert.match(
    checkpointDifferences(one, later).join(),
    /^model\.safetensors was written at 1970-01-01T00:00:01\.000Z, /,
  );
  assert.deepEqual(checkpointDifferences(one, later, { times: false }), []);
});

test("a training's result is not its beginning, though it has the same header, size and config.json", async () => {
  const now = await checkpointIdentity(start);
  const there = checkpointDifferences(await checkpointIdentity(tiny), now, { times: false });
  assert.ok(there.includes("model.safetensors holds other values"), there.join("; "));
});

test("each file that changes answers is told by its name", async () => {
  const flip = (name: string, place: number) => (dir: string) => {
    const { mtime } = statSync(join(dir, name));
    const bytes = readFileSync(join(dir, name));
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    writeFileSync(join(dir, name), bytes);
    utimesSync(join(dir, name), mtime, mtime);
  };
  for (const name of ["config.json", "tokenizer.json", "vqathinker.json"])
    assert.deepEqual(await told(flip(name, 5)), [`${name} has changed`]);
  assert.deepEqual(await told(flip(WEIGHTS, 2 ** 16)), ["model.safetensors holds other values"]);
  assert.deepEqual(await told(flip(WEIGHTS, 20)), [
    "model.safetensors holds other tensors: its header has changed",
  ]);
  assert.deepEqual(await told((dir) => rmSync(join(dir, "tokenizer.json"))), ["tokenizer.json is gone"]);
  assert.deepEqual(await told((dir) => writeFileSync(join(dir, "conversation.py"), "")), [
    "conversation.py was not there",
  ]);
  const longer = (dir: string) => writeFileSync(join(dir, WEIGHTS), "more", { flag: "a" });
  assert.match((await told(longer)).join(), /^model\.safetensors has \d+ bytes, it had \d+$/);
});

test("shards are known by the names that the index lists", async () => {
  const dir = copyOf(tiny);
  cpSync(join(dir, WEIGHTS), join(dir, "b.safetensors"));
  cpSync(join(dir, WEIGHTS), join(dir, "a.safetensors"));
  cpSync(join(dir, WEIGHTS), join(dir, "stranger.safetensors"));
  rmSync(join(dir, WEIGHTS));
  const index = { weight_map: { x: "b.safetensors", y: "a.safetensors", z: "b.safetensors" } };
  writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify(index));
  const { weights } = await checkpointIdentity(dir);
  assert.deepEqual(
    weights.map(({ name }) => name),
    ["a.safetensors", "b.safetensors"],
  );
  const there = checkpointDifferences(await checkpointIdentity(tiny), await checkpointIdentity(dir));
  assert.deepEqual(there, [
    "model.safetensors is gone",
    "a.safetensors was not there",
    "b.safetensors was not there",
  ]);
});

test("a file of 5 GB is told from its like by less than a megabyte of it", async () => {
  const { head, bytes } = layOutSafetensors([{ name: "w", dtype: "F32", shape: [1_250_000_000] }]);
  const holes = async (name: string, place: number) => {
    const handle = await open(join(scratch, name), "w");
    await handle.write(head);
    await handle.truncate(bytes);
    if (place > 0) await handle.write(Uint8Array.of(1), 0, 1, place);
    await handle.close();
    return weightIdentity(join(scratch, name));
  };
  const first = await holes("one", 0);
  assert.equal(first.bytes, 5_000_000_000 + head.length);
  for (const place of [bytes - 1, Math.floor((bytes - 4096) / 63) + 7]) {
    const other = await holes("other", place);
    assert.deepEqual(weightDifferences(first, other, { times: false }), ["other holds other values"]);
  }
});

test("a folder without config.json or weights is no checkpoint", async () => {
  await rejects(
    checkpointIdentity(join(scratch, "none")),
    join(scratch, "none"),
    /: expected a checkpoint folder/,
  );
  const dir = copyOf(tiny);
  rmSync(join(dir, WEIGHTS));
  await rejects(checkpointIdentity(dir), dir, /: expected model\.safetensors, or /);
});
