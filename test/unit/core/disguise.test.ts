/** What downloads and archives leave in a file's place is told as that, and nothing else is. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { disguise, disguisedWeights, TELLING_BYTES } from "../../../lib/core/disguise.js";
import { parseJsonObject } from "../../../lib/core/json.js";
import { decodeUtf8 } from "../../../lib/core/text-file.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { readStill } from "../../../lib/video/still.js";
import { layOutSafetensors } from "../../../lib/weights/safetensors.js";
import { PAGE, POINTER } from "../../helpers/downloads.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const text = (content: string) => new TextEncoder().encode(content);
const bytes = (...head: number[]) => Uint8Array.from([...head, ...new Array<number>(600).fill(9)]);
const pointer = text(POINTER);
const page = text(`\n${PAGE}`);

const LEFT: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ["pointer", pointer, /git-lfs pointer: .*git lfs pull/],
  ["annex", text("/annex/objects/SHA256E-s12--ab.safetensors\n"), /git-annex pointer/],
  ["page", page, /web page/],
  ["page without a type", text('<html lang="en"><head>'), /web page/],
  [
    "object store",
    text('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'),
    /server/,
  ],
  ["hub", text("Entry not found"), /server/],
  ["hub, unnamed", text("Invalid username or password."), /server/],
  ["JSON", text('{"error":"Repository not found"}'), /server/],
  ["zeros", new Uint8Array(4096), /zeros: the download did not finish/],
  ["gzip", gzipSync(page), /gzip archive: unpack/],
  ["zip", bytes(0x50, 0x4b, 3, 4), /zip archive/],
  ["pickle", bytes(0x80, 2, 0x8a), /pickle/],
  ["xz", bytes(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /xz archive/],
  ["zstd", bytes(0x28, 0xb5, 0x2f, 0xfd), /zstd archive/],
  ["GGUF", bytes(0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0), /GGUF/],
  ["safetensors", layOutSafetensors([{ name: "a", dtype: "F32", shape: [1] }]).head, /a safetensors file/],
];

test("what was left in a file's place is told", () => {
  for (const [name, content, words] of LEFT) assert.match(disguise(content) ?? "nothing", words, name);
  const tar = new Uint8Array(TELLING_BYTES);
  tar.set(text("model/config.json"));
  tar.set(text("ustar"), 257);
  assert.match(disguise(tar) ?? "", /tar archive/);
});

test("files that are what they say are not", () => {
  for (const name of [
    "internvl/layer-norm/config.json",
    "stills/420.jpg",
    "stills/rgb.png",
    "stills/lossy.webp",
  ])
    assert.equal(disguise(readFileSync(goldenPath(name))), null, name);
  for (const content of [
    "",
    "video,score\na.mp4,3\n",
    "You are shown <html> pages.",
    "[]",
    "version 2",
    "\0",
  ])
    assert.equal(disguise(text(content)), null, content);
});

test("where safetensors are expected, files of torch.save have a way", () => {
  assert.match(disguisedWeights(bytes(0x50, 0x4b, 3, 4)) ?? "", /npx vqathinker convert IN --out/);
  assert.match(disguisedWeights(bytes(0x80, 2)) ?? "", /npx vqathinker convert IN --out/);
  assert.doesNotMatch(disguisedWeights(pointer) ?? "", /convert/);
});

test("text, JSON, videos and images have the same words", async () => {
  for (const read of [decodeUtf8, parseJsonObject]) {
    assert.throws(() => read(pointer, "a.json"), { code: "E_FORMAT", message: /^a\.json: .*git lfs pull/ });
    assert.throws(() => read(gzipSync("{}"), "a.json"), { code: "E_FORMAT", message: /gzip archive/ });
  }
  for (const [name, content, words] of [
    ["pointer", pointer, /expected (a video|an image), found a git-lfs pointer/],
    ["page", page, /expected (a video|an image), found a web page/],
  ] as const) {
    const [video, image] = [join(dir, `${name}.mp4`), join(dir, `${name}.jpg`)];
    writeFileSync(video, content);
    writeFileSync(image, content);
    await assert.rejects(probeVideo(video), { code: "E_MEDIA", message: words });
    await assert.rejects(readStill(image), { code: "E_MEDIA", message: words });
  }
});
