/** Downloads from a server on this machine that cuts, forgets, lies and refuses. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { type DownloadOptions, download } from "../../../lib/libtorch/download.js";
import { PAGE } from "../../helpers/downloads.js";
import { coded } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { noise, serve, sha256Of, torchWheel, WHEEL_NAME, wheelIndex } from "../../helpers/wheels.js";

const scratch = scratchFolder();
const wheel = torchWheel({ files: { "torch/lib/libc10.so": noise(200_000) } });
let folder: string;
let lines: string[];
let options: DownloadOptions;

beforeEach(() => {
  folder = mkdtempSync(join(scratch, "downloads-"));
  lines = [];
  options = { log: (line) => lines.push(line), retryMs: 1 };
});

const wanted = (url: string) => ({
  url: `${url}/whl/cpu/${encodeURIComponent(WHEEL_NAME)}`,
  name: WHEEL_NAME,
  sha256: sha256Of(wheel),
});
const part = () => join(folder, `${WHEEL_NAME}.part`);
const refused = (...parts: string[]) => coded("E_NO_LIBTORCH", ...parts);

test("a file comes whole, is told as it comes, and is not fetched twice", async () => {
  const server = await wheelIndex(wheel);
  const told: number[] = [];
  const onBytes = (done: number, total: number) => told.push(done / total);
  const file = await download(wanted(server.url), folder, { ...options, onBytes });
  assert.deepEqual(readFileSync(file), Buffer.from(wheel));
  assert.equal(told.at(-1), 1);
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
  );
  assert.equal(await download(wanted(server.url), folder, options), file);
  assert.equal(server.asked.length, 1);
  assert.deepEqual(readdirSync(folder), [WHEEL_NAME]);
});

test("a connection that is cut is gone on with from where it was", async () => {
  const server = await wheelIndex(wheel, { cuts: [1000, 5000, 7] });
  const file = await download(wanted(server.url), folder, options);
  assert.deepEqual(readFileSync(file), Buffer.from(wheel));
  const begins = server.asked.map((line) => Number(/bytes=(\d+)-/.exec(line)?.[1] ?? 0));
  // What a cut overtakes is lost, so where exactly it goes on depends on the machine.
  assert.equal(begins.length, 4);
  assert.deepEqual(
    begins,
    [...begins].sort((a, b) => a - b),
  );
  assert.ok((begins.at(-1) ?? 0) > 0 && begins.every((begin) => begin <= 6007), `${begins}`);
  assert.equal(lines.filter((line) => /was cut after 0 MB/.test(line)).length, 3);
});

test("a server without ranges sends all of it again", async () => {
  const server = await wheelIndex(wheel, { cuts: [1000], noRanges: true });
  assert.deepEqual(readFileSync(await download(wanted(server.url), folder, options)), Buffer.from(wheel));
});

test("a server that gives nothing any more is given up; what came is kept, and the same call goes on with it", async () => {
  writeFileSync(part(), wheel.subarray(0, 1000));
  const dead = await wheelIndex(wheel, { cuts: [0, 0, 0, 0, 0, 0] });
  const message = ["did not come", "the same command goes on"];
  await assert.rejects(download(wanted(dead.url), folder, options), refused(...message));
  assert.equal(readFileSync(part()).length, 1000);
  const alive = await wheelIndex(wheel);
  const file = await download(wanted(alive.url), folder, options);
  assert.deepEqual(readFileSync(file), Buffer.from(wheel));
  assert.match(alive.asked[0] ?? "", /bytes=1000-$/);
});

test("a part that is all there is not fetched again", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(part(), wheel);
  const server = await wheelIndex(wheel);
  await download(wanted(server.url), folder, options);
  assert.equal(server.asked.length, 1);
  assert.equal(existsSync(part()), false);
});

test("a part of another file is noticed by the sum and thrown away", async () => {
  writeFileSync(part(), Buffer.alloc(5000, "PK"));
  const server = await wheelIndex(wheel);
  const file = await download(wanted(server.url), folder, options);
  assert.deepEqual(readFileSync(file), Buffer.from(wheel));
  assert.ok(lines.some((line) => line.includes("put together from different files")));
  writeFileSync(`${file}.part`, Buffer.alloc(wheel.length + 5));
  writeFileSync(file, "damaged");
  await download(wanted(server.url), folder, options);
  assert.deepEqual(readFileSync(file), Buffer.from(wheel), "longer than the file is");
});

test("another file than the one that is known is refused with both sums and does not stay", async () => {
  const server = await wheelIndex(torchWheel({ version: "2.13.1+cpu" }));
  const found = sha256Of(torchWheel({ version: "2.13.1+cpu" }));
  await assert.rejects(
    download(wanted(server.url), folder, options),
    refused(found, sha256Of(wheel), "--wheel FILE"),
  );
  assert.deepEqual(readdirSync(folder), []);
});

test("a web page in the file's place is said to be one, at once", async () => {
  const server = await serve((_, response) => response.end(PAGE));
  await assert.rejects(download(wanted(server.url), folder, options), refused("a web page", "HTTPS_PROXY"));
  assert.equal(server.asked.length, 1);
});

test("an answer that refuses is told with its number", async () => {
  const server = await serve((_, response) => response.writeHead(403).end(PAGE));
  await assert.rejects(
    download(wanted(server.url), folder, options),
    refused("the answer is 403", server.url),
  );
});

test("no room is said before anything is written, and is not tried again", async () => {
  const server = await wheelIndex(wheel);
  const free = async () => 10_000;
  await assert.rejects(
    download(wanted(server.url), folder, { ...options, free }),
    refused("no room in", folder),
  );
  assert.equal(server.asked.length, 1);
  assert.deepEqual(readdirSync(folder), []);
});

test("a disk that runs full meanwhile is said to be full", async (t) => {
  // Every write to this device fails as one to a full disk does.
  if (!existsSync("/dev/full")) return t.skip("needs /dev/full");
  const { symlinkSync } = await import("node:fs");
  symlinkSync("/dev/full", part());
  const server = await wheelIndex(wheel);
  await assert.rejects(download(wanted(server.url), folder, options), refused("the disk ran full", folder));
});
