/**
 * Photographs for made clips: wallpapers of Debian 12's packages, fetched by apt, pinned by version and hash, unpacked and
 * decoded once. Nothing of them is shipped. Which photographs are trained on and which are held out is said here alone.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { threadId } from "node:worker_threads";
import sharp from "sharp";
import { pick, type Sfc32 } from "../../lib/synthetic/draw.js";
import type { Picture } from "../../lib/video/picture.js";

const run = promisify(execFile);

/** Longer photographs are made smaller when they are decoded. */
const LONGEST = 2560;

interface Package {
  readonly version: string;
  readonly sha256: string;
  readonly licences: string;
  /** Ends of the paths of its photographs; absent: every picture. Drawn ones are among them, as animation is among footage. */
  readonly photos?: readonly string[];
}

const TRAINING: Readonly<Record<string, Package>> = {
  "mate-backgrounds": {
    version: "1.26.0-1",
    sha256: "7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04",
    licences: "GPL-2+, CC-BY-SA-4.0",
    photos: [
      "abstract/Elephants_5640x3172.jpg",
      ...["Aqua", "Blinds", "Dune", "FreshFlower", "Garden", "GreenMeadow", "LadyBird"].map(inNature),
      ...["RainDrops", "Storm", "TwoWings", "Wood", "YellowFlower"].map(inNature),
    ],
  },
  "plasma-workspace-wallpapers": {
    version: "4:5.27.5-2",
    sha256: "32cd18b71c8c938a18b3b351f217c02ac590e323caa3cf322fbb875ce8892f8b",
    licences: "GPL-2+",
    photos: [
      ...["Autumn", "BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow"].map(inJpeg),
      ...["FallenLeaf", "Grey", "Kite", "OneStandsOut", "Path", "summer_1am"].map(inJpeg),
      "FlyingKonqui/contents/images/2560x1600.png",
      ...["Canopee", "Cascade", "Cluster", "Kokkini", "Opal"].map(
        (name) => `${name}/contents/images/3840x2160.png`,
      ),
      ...["Altai", "Patak"].map((name) => `${name}/contents/images/5120x2880.png`),
      ...["Honeywave", "SafeLanding", "Shell", "Volna"].map(
        (name) => `${name}/contents/images/5120x2880.jpg`,
      ),
    ],
  },
  "gnome-backgrounds": {
    version: "43.1-1",
    sha256: "a670dea21572652127d6e55f9cdb3a226d0037854fdbfd037003c7d00ee0dc4e",
    licences: "CC-BY-SA-3.0",
    photos: [
      "grid-d.webp",
      "grid-l.webp",
      "licorice-d.webp",
      "licorice-l.webp",
      "pixels-l.webp",
      "truchet-l.webp",
      "wood-l.webp",
    ],
  },
  "ukui-wallpapers": {
    version: "20.04.3-1.1",
    sha256: "6d49be70152e6d603163458e177e501deb0be8f2916389ccbfcf59b0d7fc0262",
    licences: "CC-BY-SA-3.0",
    photos: ["2004default.jpg", "the-mouse.jpg", "goldfish.png", "calla.png"],
  },
};

/** Nothing of these is seen in making. */
const HELD_OUT: Readonly<Record<string, Package>> = {
  "lomiri-wallpapers-16.04": {
    version: "20.04.0-2",
    sha256: "a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab",
    licences: "CC-BY-4.0, CC-BY-SA-3.0, CC-BY-SA-4.0, CC0-1.0",
  },
  "lomiri-wallpapers-20.04": {
    version: "20.04.0-2",
    sha256: "d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709",
    licences: "CC-BY-4.0, CC-BY-SA-3.0, CC-BY-SA-4.0, CC0-1.0",
  },
};

function inNature(name: string): string {
  return `nature/${name}.jpg`;
}

function inJpeg(name: string): string {
  return `${name}/contents/images/2560x1600.jpg`;
}

const PICTURES = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/**
 * The files of the photographs, in an order that does not depend on the disk; fetched into `dir` unless they are there.
 *
 * @throws {Error} where apt is not that of Debian 12, or a package is not the pinned one.
 */
export async function photoFiles(dir: string, role: "training" | "held-out"): Promise<string[]> {
  const packages = role === "training" ? TRAINING : HELD_OUT;
  const files: string[] = [];
  for (const [name, pinned] of Object.entries(packages)) {
    const folder = join(dir, `${name}_${pinned.version.replace(":", "%3a")}`);
    if (!existsSync(folder)) await unpack(name, pinned, dir, folder);
    const found = (await readdir(folder, { recursive: true }))
      .filter((path) => PICTURES.has(extname(path).toLowerCase()))
      .sort();
    files.push(...chosen(name, pinned, found).map((path) => join(folder, path)));
  }
  return files;
}

function chosen(name: string, { photos }: Package, found: readonly string[]): readonly string[] {
  if (photos === undefined) return found;
  return photos.map((end) => {
    const path = found.find((one) => one.endsWith(`/${end}`));
    if (path === undefined) throw new Error(`${name}: no ${end} in the package`);
    return path;
  });
}

async function unpack(
  name: string,
  { version, sha256 }: Package,
  dir: string,
  folder: string,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  await run("apt-get", ["download", `${name}=${version}`], { cwd: dir });
  const file = join(dir, `${name}_${version.replace(":", "%3a")}_all.deb`);
  const found = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  if (found !== sha256) throw new Error(`${file}: expected SHA-256 ${sha256}, found ${found}`);
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await run("dpkg", ["-x", file, part]);
  await rename(part, folder);
}

/** Opened photographs, each once. */
export class Album {
  readonly #files: readonly string[];
  readonly #open = new Map<string, Promise<Picture>>();

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  draw(rng: Sfc32): Promise<Picture> {
    return this.open(pick(rng, this.#files));
  }

  open(file: string): Promise<Picture> {
    const found = this.#open.get(file) ?? decoded(file);
    this.#open.set(file, found);
    return found;
  }
}

/** Kept beside the photograph as raw bytes behind width and height: a PNG of 15 megapixels takes a second. */
async function decoded(file: string): Promise<Picture> {
  const kept = `${file}.rgb`;
  if (existsSync(kept)) {
    const bytes = await readFile(kept);
    return { rgb: bytes.subarray(8), width: bytes.readUInt32LE(0), height: bytes.readUInt32LE(4) };
  }
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace("srgb")
    .resize({ width: LONGEST, height: LONGEST, fit: "inside", withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`${file}: expected RGB, found ${info.channels} channels`);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(info.width, 0);
  head.writeUInt32LE(info.height, 4);
  const part = `${kept}.${threadId}`;
  await writeFile(part, Buffer.concat([head, data]));
  await rename(part, kept);
  return { rgb: data, width: info.width, height: info.height };
}
