/**
 * npm run bench:seek: few frames of a long video against as many plain ffmpeg seeks, in CPU seconds of this process and
 * its children, probing included, after the bytes were found to be those of decoding it all.
 *
 *   node scripts/start.mjs bench/seek.js [--frames 6] [--minutes 10] [--repeats 5]
 *
 * Makes a video of 320 × 180 in a folder of its own. Linux only: it reads /proc. Fails above 1.3 times the plain seeks.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decodeFrames } from "../lib/video/decode.js";
import { openFrames } from "../lib/video/frames.js";
import { probeVideo } from "../lib/video/probe.js";
import { findTool } from "../lib/video/tools.js";
import { machineFacts } from "./machine.js";

const { values } = parseArgs({
  options: {
    frames: { type: "string", default: "6" },
    minutes: { type: "string", default: "10" },
    repeats: { type: "string", default: "5" },
  },
});
const [frames, minutes, repeats] = [values.frames, values.minutes, values.repeats].map(Number) as [
  number,
  number,
  number,
];
const ALLOWED = 1.3;
/** The kernel's, as its man page proc(5) has it; sysconf gives 100 wherever Node runs on Linux. */
const TICKS_PER_SECOND = 100;

const ffmpeg = findTool("ffmpeg");
const dir = mkdtempSync(join(tmpdir(), "vqathinker-bench-"));
const file = join(dir, "long.mp4");

/** Of this process and of the children that it has waited for. */
function cpuSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = cpuSeconds();
  await work();
  return cpuSeconds() - start;
}

async function planned(): Promise<readonly number[]> {
  const { frameTimes, read } = await openFrames(file, { frames });
  await read(() => {});
  return [...frameTimes];
}

function plainSeeks(times: readonly number[]): void {
  for (const time of times)
    execFileSync(ffmpeg, ["-v", "error", "-nostdin", "-threads", "1", "-ss", `${time}`, "-i", file, ...ONE], {
      stdio: ["ignore", "pipe", "inherit"],
    });
}
const ONE = ["-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"];

/** @throws when a frame that was sought is another one than in the whole. */
async function check(): Promise<void> {
  const facts = await probeVideo(file);
  const numbers = (await openFrames(file, { frames })).frameTimes.map((time) => facts.times.indexOf(time));
  const hashes = async (of: typeof facts) => {
    const found: string[] = [];
    await decodeFrames(of, numbers, (position, rgb) => {
      found[position] = createHash("sha256").update(rgb).digest("hex");
    });
    return found.join();
  };
  if ((await hashes(facts)) !== (await hashes({ ...facts, seeks: null })))
    throw new Error("frames that were sought are not those of the whole; nothing is timed");
}

const median = (seconds: number[]) => seconds.sort((a, b) => a - b)[seconds.length >> 1] ?? Number.NaN;

try {
  const source = `testsrc2=size=320x180:rate=25:duration=${60 * minutes}`;
  const encoder = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"];
  execFileSync(ffmpeg, ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source, ...encoder, file]);
  await check();
  const times = await planned();
  const [ours, plain]: [number[], number[]] = [[], []];
  for (let i = 0; i < repeats; i++) {
    ours.push(await timed(planned));
    plain.push(await timed(() => plainSeeks(times)));
  }
  const facts = await probeVideo(file);
  const whole = await timed(() =>
    decodeFrames({ ...facts, seeks: null }, [facts.times.length - 1], () => {}),
  );
  const [sought, seeks] = [median(ours), median(plain)];
  const ratio = sought / seeks;
  const row = { what: "seek", frames, minutes, sought, seeks, ratio, whole, repeats };
  console.log(JSON.stringify({ ...row, ...machineFacts() }));
  if (!(ratio <= ALLOWED)) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true });
}
