/**
 * Ends an evaluation and a scoring of many videos three times each, goes on with them and compares what they come to
 * with what they come to at once.
 *
 *   npm run endings:scoring -- --count 60
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkInteger } from "../../lib/core/check.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";
import { scoringTrial } from "./scoring-trial.js";

const { values } = parseArgs({ options: { count: { type: "string", default: "60" } } });
const count = checkInteger("--count", Number(values.count), 8);
const { videos } = await renderedVideos(count);
const dir = await scratch();
for (const scoring of ["eval", "score"] as const) {
  const place = join(dir, scoring);
  mkdirSync(place);
  const { kept, problems } = await scoringTrial(scoring, place, videos);
  process.stdout.write(
    `[endings] ${scoring} of ${count}: ended after ${kept.join(", ")}: ${problems.length} problems\n`,
  );
  for (const problem of problems) process.stdout.write(`[endings] ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
