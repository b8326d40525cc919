/**
 * npm run bench:ladders: how a measure orders copies of clips that are spoilt by one kind of distortion in five levels.
 *
 *   npm run bench:ladders -- --ladders DIR --scores FILE
 *
 * DIR is what scripts/small/ladders wrote, FILE the lines of `vqathinker score --json DIR`. Bits a pixel stand beside.
 */
import { stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { parseArgs } from "node:util";
import { readJsonLines } from "../lib/core/jsonl.js";
import { srcc } from "../lib/eval/correlation.js";
import { probeVideo } from "../lib/video/probe.js";
import { ladderTable, type Measured, type Rung } from "./ladder-table.js";

const { values } = parseArgs({ options: { ladders: { type: "string" }, scores: { type: "string" } } });
const dir = values.ladders ?? "";
const lines = async (file: string) => (await readJsonLines(file)).map(({ value }) => value);

const rungs = (await lines(join(dir, "ladders.facts.jsonl"))) as (Rung & { video: string })[];
const scored = (await lines(values.scores ?? "")) as {
  file: string;
  score: number | null;
  reasoning: string | null;
}[];
const idOf = (video: string) => basename(video, extname(video));
const scores: Measured = new Map(scored.map(({ file, score }) => [idOf(file), score]));
const answers = new Map(scored.map(({ file, reasoning }) => [idOf(file), reasoning ?? ""]));
const bits = new Map<string, number>();
for (const { id, video } of rungs) {
  const path = join(dir, video);
  const { width, height, frameCount } = await probeVideo(path, {});
  bits.set(id, (8 * (await stat(path)).size) / (width * height * frameCount));
}
for (const line of ladderTable(rungs, { score: scores, "bits a pixel": bits }, answers)) console.log(line);
const known = rungs.filter(({ id }) => typeof scores.get(id) === "number");
const pooled = (measured: Measured) =>
  srcc(
    known.map(({ id }) => measured.get(id) as number),
    known.map(({ score }) => score),
  );
console.log(
  `pooled against the pseudo-opinion: score ${pooled(scores).toFixed(3)}, bits a pixel ${pooled(bits).toFixed(3)}, ${known.length} of ${rungs.length}`,
);
for (const { id } of rungs.filter(({ ladder }) => ladder === "none"))
  console.log(`${id}: ${scores.get(id)}  ${answers.get(id)}`);
