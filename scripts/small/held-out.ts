/**
 * npm run make:held-out: a clip of each photograph that no made clip shows, spoilt by nothing: what a score of 5 is for, and
 * clips for make:ladders.
 *
 *   node dist/scripts/small/held-out.js --photos DIR --out DIR
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Sfc32 } from "../../lib/synthetic/draw.js";
import { writeClip } from "./ffmpeg.js";
import { film } from "./film.js";
import { Album, photoFiles } from "./photos.js";

const SIZE = { width: 640, height: 360 };
const FRAMES = 100;
const RATE = 25;

const { values } = parseArgs({ options: { photos: { type: "string" }, out: { type: "string" } } });
if (values.photos === undefined || values.out === undefined)
  throw new Error("expected --photos DIR and --out DIR");
const out = resolve(values.out);
await mkdir(out, { recursive: true });
const files = await photoFiles(resolve(values.photos), "held-out");
const album = new Album(files);
for (const file of files) {
  const name = basename(file, extname(file));
  const path = join(out, `${name}.mkv`);
  if (existsSync(path)) continue;
  const frames = await film([await album.open(file)], SIZE, FRAMES, new Sfc32("held-out", name));
  await writeClip(path, frames, SIZE, RATE);
  console.log(path);
}
