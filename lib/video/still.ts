/** Reads a still image as one RGB picture, byte-equal to Pillow's convert("RGB"). Knows nothing of clips or plans. */
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import type { Metadata, Sharp } from "sharp";
import { disguise } from "../core/disguise.js";
import { EngineError } from "../core/errors.js";
import { DRAWING, DRAWN } from "./formats.js";
import { checkFile, mediaError } from "./media-file.js";
import type { Picture } from "./picture.js";

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/** True for a path that is read as a still image, by its ending, in capitals or not. */
export function isStill(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase());
}

/**
 * Grey and palettes become RGB; alpha, colour profiles and the EXIF orientation are left out, as Pillow does.
 *
 * @throws {EngineError} E_MEDIA naming the file when it is missing, damaged or cut short, has several pages, or holds
 *                       CMYK or 16-bit grey; E_UNAVAILABLE where the package sharp does not load.
 */
export async function readStill(path: string): Promise<Picture> {
  const file = resolve(path);
  await checkFile(file);
  const open = await imageLibrary();
  try {
    // From memory: libvips would take "[…]" at the end of a path for options.
    const bytes = await readFile(file);
    const left = disguise(bytes);
    if (left !== null) throw mediaError(file, `expected an image, found ${left}`);
    const image = open(bytes, { failOn: "truncated", ignoreIcc: true });
    const refused = refusal(await image.metadata());
    if (refused !== null) throw mediaError(file, refused);
    const { data, info } = await image
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { rgb: data, width: info.width, height: info.height };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw mediaError(file, `cannot be read as an image: ${(error as Error).message.split("\n")[0]}`, error);
  }
}

function refusal({ pages = 1, space, depth, format }: Metadata): string | null {
  if (format === DRAWN) return DRAWING;
  if (pages > 1) return `expected one picture, found ${pages} pages`;
  if (space === "cmyk")
    return "expected grey or RGB, found CMYK, whose conversion depends on a colour profile";
  if (depth === "ushort" && space === "grey16") return "expected 8 bits of grey, found 16";
  return null;
}

/** Loaded when the first image is: scoring videos needs no part of it. */
async function imageLibrary(): Promise<(input: Uint8Array, options: object) => Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    const message = `the package sharp, which reads images, cannot be loaded here: ${(cause as Error).message.split("\n")[0]}`;
    throw new EngineError("E_UNAVAILABLE", message, { cause });
  }
}
