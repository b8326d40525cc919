/**
 * npm run endings:processes: threads and processes ended at drawn moments amid drawn work, under each runtime, and the
 * same bits under all of them.
 *
 *   npm run endings:processes -- [--times 200] [--runtime node24]... [--seed 1] [--from 0] [--at-once 2]
 *
 * What an empty Node-API addon does too under the same end is the runtime's own, and counted apart. Ends with 1 for
 * anything else that hangs, crashes or differs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packageRoot } from "../../lib/core/package-root.js";
import { drawnEnd, type End, ended, type Runtime } from "../helpers/ends.js";
import { makeVideo } from "../helpers/video-files.js";
import { RUNTIMES, runtime } from "./runtimes.js";

const SAME_BITS = fileURLToPath(new URL("same-bits.js", import.meta.url));
/** A runtime's own crash need not come at the first try. */
const CONTROLS = 20;

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "200" },
    runtime: { type: "string", multiple: true, default: Object.keys(RUNTIMES) },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    "at-once": { type: "string", default: "2" },
  },
});

function buildEmptyAddon(folder: string): string {
  const { include_dir: headers } = createRequire(import.meta.url)("node-api-headers") as {
    include_dir: string;
  };
  const file = join(folder, "empty.node");
  const source = join(packageRoot(), "test", "endings", "empty-addon.c");
  execFileSync("cc", ["-shared", "-fPIC", "-I", headers, source, "-o", file]);
  return file;
}

async function runtimesOwn(under: Runtime, end: End, empty: string): Promise<boolean> {
  for (let i = 0; i < CONTROLS; i++) if ((await ended(under, end, empty)) !== null) return true;
  return false;
}

/** Gives how many ends went wrong by our doing, and by the runtime's. */
async function endAll(under: Runtime, empty: string): Promise<{ ours: number; own: number }> {
  const times = Number(values.times);
  const from = Number(values.from);
  const count = { ours: 0, own: 0 };
  let next = 0;
  const worker = async () => {
    while (next < times) {
      const end = drawnEnd(Number(values.seed), from + next++);
      const wrong = await ended(under, end);
      if (wrong === null) continue;
      const own = await runtimesOwn(under, end, empty);
      count[own ? "own" : "ours"]++;
      console.log(`${under.name}: ${JSON.stringify(end)}: ${wrong}${own ? " (an empty addon too)" : ""}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values["at-once"]) }, worker));
  return count;
}

const scratch = mkdtempSync(join(tmpdir(), "vqat-ends-"));
try {
  const empty = buildEmptyAddon(scratch);
  const video = makeVideo(join(scratch, "video.mp4"), { size: "320x240", frames: 50 });
  const runtimes = values.runtime.map(runtime);
  const bits = runtimes.map(({ program, args }) =>
    execFileSync(program, [...args, SAME_BITS, video], { encoding: "utf8" }).trim(),
  );
  const same = new Set(bits).size === 1;
  console.log(same ? `the same bits under all: ${bits[0]}` : `bits differ:\n${bits.join("\n")}`);
  if (!same) process.exitCode = 1;
  for (const under of runtimes) {
    const { ours, own } = await endAll(under, empty);
    console.log(`${under.name}: ${values.times} ends, ${ours} wrong, ${own} wrong with an empty addon too`);
    if (ours > 0) process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
