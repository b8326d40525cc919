/**
 * npm run bench:ladders: how measures order copies of clips that are spoilt by one kind of distortion in five levels.
 *
 *   npm run bench:ladders -- --ladders DIR --scores FILE [--beside NAME=FILE ...]
 *
 * DIR is what make:ladders wrote, FILE the lines of `vqathinker score --json DIR`. Bits a pixel stand beside, and other measures
 * from such lines, lower for better as NIQE; where one has no number for a clip, a second table is of the clips that all have.
 */
import { stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parseArgs } from "node:util";
import { readJsonLines } from "../lib/core/jsonl.js";
import { probeVideo } from "../lib/video/probe.js";
import { clipsOfAll, ladderTable, type Measured, pooled, type Rung } from "./ladder-table.js";

const { values } = parseArgs({
  options: {
    ladders: { type: "string" },
    scores: { type: "string" },
    beside: { type: "string", multiple: true, default: [] },
  },
});
if (values.ladders === undefined || values.scores === undefined)
  throw new Error("expected --ladders DIR and --scores FILE");
const dir = values.ladders;
const lines = async (file: string) => (await readJsonLines(file)).map(({ value }) => value);

const rungs = (await lines(join(dir, "ladders.facts.jsonl"))) as (Rung & { video: string })[];
const scored = async (path: string) =>
  ((await lines(path)) as { file: string; score: number | null; reasoning: string | null }[]).map(
    ({ file, ...said }) => ({ id: basename(file, extname(file)), ...said }),
  );
const own = await scored(values.scores);
const scores: Measured = new Map(own.map(({ id, score }) => [id, score]));
const answers = new Map(own.map(({ id, reasoning }) => [id, reasoning ?? ""]));
const bits = new Map<string, number>();
for (const { id, video } of rungs) {
  const path = join(dir, video);
  const { width, height, frameCount } = await probeVideo(path, {});
  bits.set(id, (8 * (await stat(path)).size) / (width * height * frameCount));
}
const measures: Record<string, Measured> = { score: scores, "bits a pixel": bits };

function told(some: readonly Rung[], of: Readonly<Record<string, Measured>>): void {
  for (const line of ladderTable(some, of, answers)) console.log(line);
  for (const [name, measured] of Object.entries(of))
    console.log(`${name}: SRCC ${pooled(some, measured).toFixed(3)} with the pseudo-opinion, pooled`);
}

told(rungs, measures);
for (const given of values.beside) {
  const [name = "", path = ""] = given.split("=");
  measures[name] = new Map((await scored(path)).map(({ id, score }) => [id, score === null ? null : -score]));
}
if (values.beside.length > 0) {
  const clips = clipsOfAll(rungs, Object.values(measures));
  console.log(`\n${clips.length} clips that every measure has: ${clips.join(", ")}`);
  told(
    rungs.filter(({ clip }) => clips.includes(clip)),
    measures,
  );
}
console.log("");
for (const { id } of rungs.filter(({ ladder }) => ladder === "none"))
  console.log(`${id}: ${scores.get(id)}  ${answers.get(id)}`);
