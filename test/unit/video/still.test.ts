/** Which paths are still images, and which images are refused. Their bytes: test/parity/stills.test.ts. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isStill, readStill } from "../../../lib/video/still.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

async function refused(file: string, what: RegExp): Promise<void> {
  await assert.rejects(readStill(file), (error: Error & { code?: string }) => {
    assert.equal(error.code, "E_MEDIA");
    assert.ok(error.message.startsWith(`${file}: `), error.message);
    assert.match(error.message, what);
    return true;
  });
}

test("a still image is told by its ending", () => {
  for (const path of ["a.jpg", "b.JPEG", "dir.mp4/c.Png", "d.webp"]) assert.ok(isStill(path), path);
  for (const path of ["a.mp4", "jpg", "a.jpg.mp4", "frames.jpg/a.mkv", "a.bmp"])
    assert.ok(!isStill(path), path);
});

test("what would need a guess is refused by name", async () => {
  await refused(goldenPath("stills/refused-cmyk.jpg"), /CMYK/);
  await refused(goldenPath("stills/refused-16-bit-grey.png"), /8 bits of grey, found 16/);
  await refused(goldenPath("stills/refused-two-pages.webp"), /one picture, found 2 pages/);
});

test("a drawing under a picture's name is refused", async () => {
  const drawing = join(dir, "drawing.png");
  writeFileSync(
    drawing,
    `<svg xmlns="${["http:", "", "www.w3.org", "2000", "svg"].join("/")}" width="8" height="8"><rect width="8" height="8"/></svg>`,
  );
  await refused(drawing, /expected a picture, found a drawing \(SVG\)/);
});

test("absent, empty, cut and false images are refused by name", async () => {
  await refused(join(dir, "absent.jpg"), /no such file/);
  const empty = join(dir, "empty.png");
  writeFileSync(empty, "");
  await refused(empty, /empty file/);
  const text = join(dir, "text.jpg");
  writeFileSync(text, "not an image at all");
  await refused(text, /cannot be read as an image/);
  for (const name of ["420.jpg", "progressive-420.jpg", "rgb.png", "lossy.webp", "lossless.webp"]) {
    const bytes = readFileSync(goldenPath(`stills/${name}`));
    const cut = join(dir, `cut-${name}`);
    writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    await refused(cut, /cannot be read as an image/);
  }
});

test("a file name is a name, whatever it holds", async () => {
  const { rgb } = await readStill(goldenPath("stills/420.jpg"));
  for (const name of [
    'a b\'s "c".jpg',
    "100%03d.jpg",
    "-i.jpg",
    "ü 日本.jpg",
    "[page=1].jpg",
    "a.jpg[shrink=2].jpg",
  ]) {
    const file = join(dir, name);
    copyFileSync(goldenPath("stills/420.jpg"), file);
    assert.deepEqual((await readStill(file)).rgb, rgb, name);
  }
});
