/**
 * npm run make:ladders: copies of clips, each spoilt by one kind of distortion in five levels, as a list with pseudo-opinions for
 * `eval` and bench:ladders. Theora is an encoder that no made clip goes through; the clips are the caller's.
 *
 *   node dist/scripts/small/ladders.js --clips DIR --out DIR
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { writeAtomic } from "../../lib/core/atomic-file.js";
import { jsonLines } from "../../lib/core/jsonl.js";
import { Sfc32 } from "../../lib/synthetic/draw.js";
import { probeVideo } from "../../lib/video/probe.js";
import { findTool } from "../../lib/video/tools.js";
import { CLEAN } from "./ffmpeg.js";
import { ENCODERS, filters, type Kind, opinion, quantiser, type Size, stuttered } from "./kinds.js";

const run = promisify(execFile);
/** Severities of levels 1 to 5. */
const LEVELS = [0.15, 0.35, 0.55, 0.75, 0.95];
/** Longer clips are cut. */
const MOST_FRAMES = 250;

/** What ffmpeg is asked for. */
interface Rung {
  readonly filters: readonly string[];
  readonly encoder: readonly string[];
}

interface Ladder {
  readonly kind: Kind;
  readonly rung: (severity: number, clip: Size & { readonly frames: number }) => Rung;
}

/** By the way of spoiling in its place among those of a kind. */
function filtered(kind: Kind, way: number): Ladder {
  return {
    kind,
    rung: (severity, size) => ({
      filters: filters({ [kind]: severity }, new Sfc32("ladder"), size, way),
      encoder: CLEAN,
    }),
  };
}

function encoded(options: (severity: number) => string[]): Ladder {
  return { kind: "compression", rung: (severity) => ({ filters: [], encoder: options(severity) }) };
}

function theora(severity: number): string[] {
  return ["-c:v", "libtheora", "-qscale:v", (9 - 9 * severity ** 0.7).toFixed(2)];
}

function x264(severity: number): string[] {
  const encoder = ENCODERS.find(({ name }) => name === "x264");
  if (encoder === undefined) throw new Error("no x264 among the encoders");
  return encoder.options(quantiser(encoder, severity));
}

const LADDERS: Readonly<Record<string, Ladder>> = {
  theora: encoded(theora),
  x264: encoded(x264),
  blur: filtered("blur", 0),
  scaling: filtered("blur", 3),
  noise: filtered("noise", 0),
  exposure: filtered("exposure", 0),
  banding: filtered("banding", 0),
  sharpening: filtered("sharpening", 0),
  stutter: {
    kind: "stutter",
    rung: (severity, { frames }) => ({
      filters: [`shuffleframes=${stuttered(frames, severity, new Sfc32("ladder")).join(" ")}`],
      encoder: CLEAN,
    }),
  },
};

const { values } = parseArgs({ options: { clips: { type: "string" }, out: { type: "string" } } });
if (values.clips === undefined || values.out === undefined)
  throw new Error("expected --clips DIR and --out DIR");
const out = resolve(values.out);
await mkdir(out, { recursive: true });
const facts: { readonly id: string; readonly video: string; readonly score: number }[] = [];

/** Makes a copy unless it is there. */
async function copy(path: string, name: string, frames: number, rung: Rung): Promise<string> {
  const video = `${name}.mkv`;
  if (existsSync(join(out, video))) return video;
  const chain = [`trim=end_frame=${frames}`, "format=yuv420p", ...rung.filters, "format=yuv420p"].join();
  const part = join(out, `part-${video}`);
  const args = ["-i", path, "-an", "-vf", chain, "-fps_mode", "passthrough", ...rung.encoder, part];
  await run(findTool("ffmpeg"), ["-v", "error", "-nostdin", "-y", ...args]);
  await rename(part, join(out, video));
  return video;
}

for (const file of (await readdir(values.clips)).sort()) {
  const path = join(values.clips, file);
  const clip = basename(file, extname(file));
  const { width, height, frameCount } = await probeVideo(path, {});
  const frames = Math.min(frameCount, MOST_FRAMES);
  const add = async (ladder: string, level: number, kind: Kind | null, severity: number, rung: Rung) => {
    const id = `${clip}-${ladder}-${level}`;
    const video = await copy(path, id, frames, rung);
    const score = Math.round(100 * opinion(kind === null ? {} : { [kind]: severity })) / 100;
    facts.push(Object.assign({ id, video, score }, { clip, ladder, level, kind }));
  };
  await add("none", 0, null, 0, { filters: [], encoder: CLEAN });
  for (const [ladder, { kind, rung }] of Object.entries(LADDERS))
    for (const [i, severity] of LEVELS.entries())
      await add(ladder, i + 1, kind, severity, rung(severity, { width, height, frames }));
  console.log(file);
}
await writeAtomic(join(out, "ladders.facts.jsonl"), jsonLines(facts));
const scale = { min: 1, max: 5 };
await writeAtomic(
  join(out, "ladders.jsonl"),
  jsonLines(facts.map(({ id, video, score }) => ({ id, video, score, dataset: "ladders", scale }))),
);
