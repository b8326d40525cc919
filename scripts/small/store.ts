/** Made clips on disk, a chunk in two files: bytes of the views, and labels, which are written last. What is there is not made again. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { writeJsonAtomic } from "../../lib/core/atomic-file.js";
import { clipOfFrames, type NativeClip } from "../../lib/model/clip.js";
import { inParallel } from "../../lib/synthetic/batches.js";
import { Sfc32 } from "../../lib/synthetic/draw.js";
import { type Labels, makeVersions, VERSIONS } from "./clip.js";
import { Album, photoFiles } from "./photos.js";
import { VIEWED } from "./view.js";

/** A set of clips in the making. */
export interface SetOfClips {
  readonly dir: string;
  /** Folder of the photographs. */
  readonly photos: string;
  readonly count: number;
  readonly seed: number;
}

/** A view of a made clip. */
export interface ViewedClip extends Labels {
  /** Of the clip in its set. */
  readonly index: number;
  readonly clip: NativeClip;
}

/** Of clips; whole contents. */
const CHUNK = 99;
const SIDE_BYTES = VIEWED.size * VIEWED.size * 3;
const VIEW_BYTES = VIEWED.frames * SIDE_BYTES;

const pathOf = ({ dir, seed }: SetOfClips, chunk: number) => join(dir, `${seed}-${chunk}`);

async function makeChunk(set: SetOfClips, chunk: number): Promise<void> {
  const album = new Album(await photoFiles(set.photos, "training"));
  const labels: Labels[] = [];
  const bytes: Uint8Array[] = [];
  const first = (chunk * CHUNK) / VERSIONS;
  const last = Math.min(first + CHUNK / VERSIONS, set.count / VERSIONS);
  for (let content = first; content < last; content++) {
    const rng = new Sfc32("small photo", set.seed, content);
    for (const { views, ...label } of await makeVersions(set.seed, content, () => album.draw(rng))) {
      for (const view of views) {
        const clip = await clipOfFrames(view, VIEWED.size, new Float64Array(VIEWED.frames));
        bytes.push(clip.read());
        clip.dispose();
      }
      labels.push(label);
    }
  }
  const path = pathOf(set, chunk);
  await writeFile(`${path}.bin`, Buffer.concat(bytes));
  await writeJsonAtomic(`${path}.json`, labels);
}

/** Makes the chunks that are missing, so many at a time, each on a thread of its own. */
export async function makeClips(
  set: SetOfClips,
  workers: number,
  onChunk: (done: number, chunks: number) => void,
): Promise<void> {
  await mkdir(set.dir, { recursive: true });
  // Once, before threads would fetch the same packages side by side.
  await photoFiles(set.photos, "training");
  const chunks = Math.ceil(set.count / CHUNK);
  const missing = Array.from({ length: chunks }, (_, i) => i).filter(
    (chunk) => !existsSync(`${pathOf(set, chunk)}.json`),
  );
  let done = chunks - missing.length;
  await inParallel(missing, workers, async (chunk) => {
    await onThread(set, chunk);
    onChunk(++done, chunks);
  });
}

function onThread(set: SetOfClips, chunk: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { set, chunk } });
    worker.on("message", () => resolve());
    worker.on("error", reject);
  });
}

/** Every view of a made set, by clip. */
export async function readClips(set: SetOfClips): Promise<ViewedClip[]> {
  const all: ViewedClip[] = [];
  for (let chunk = 0; chunk * CHUNK < set.count; chunk++) {
    const path = pathOf(set, chunk);
    const labels = JSON.parse(await readFile(`${path}.json`, "utf8")) as Labels[];
    const bytes = await readFile(`${path}.bin`);
    const views = bytes.length / VIEW_BYTES / labels.length;
    for (let i = 0; i < bytes.length / VIEW_BYTES; i++) {
      const label = labels[Math.floor(i / views)] as Labels;
      const clip = await clipOfBytes(bytes.subarray(i * VIEW_BYTES, (i + 1) * VIEW_BYTES));
      all.push({ ...label, index: chunk * CHUNK + Math.floor(i / views), clip });
    }
  }
  return all;
}

/** A clip of RGB bytes [n, size, size, 3] as the small model is shown them. */
function clipOfBytes(rgb: Uint8Array): Promise<NativeClip> {
  const { size } = VIEWED;
  const count = rgb.length / SIDE_BYTES;
  const frames = Array.from({ length: count }, (_, i) => ({
    rgb: rgb.subarray(i * SIDE_BYTES, (i + 1) * SIDE_BYTES),
    width: size,
    height: size,
  }));
  return clipOfFrames(frames, size, new Float64Array(count));
}

if (!isMainThread && workerData?.set !== undefined) {
  await makeChunk(workerData.set, workerData.chunk);
  parentPort?.postMessage("done");
}
