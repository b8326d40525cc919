/**
 * Ends training runs at random moments, goes on with each, and compares what they come to with the uninterrupted run.
 *
 *   npm run endings:train -- --count 200 --seed 7
 */
import { parseArgs } from "node:util";
import { checkInteger } from "../../lib/core/check.js";
import { trainTrials } from "./train-trials.js";

const MAX_SEED = 2 ** 31;
const { values } = parseArgs({
  options: { count: { type: "string", default: "200" }, seed: { type: "string" } },
});
const count = checkInteger("--count", Number(values.count), 1);
const seed = checkInteger("--seed", Number(values.seed ?? Date.now() % MAX_SEED), 0, MAX_SEED);

function say(line: string): void {
  process.stdout.write(`[endings] ${line}\n`);
}

say(`seed ${seed}`);
let done = 0;
let failed = 0;
const times = new Map<string, number>();
for await (const { ways, problems } of trainTrials(count, seed)) {
  for (const way of ways) times.set(way, (times.get(way) ?? 0) + 1);
  if (problems.length > 0) failed++;
  for (const problem of problems) say(`trial ${done}: ${problem}`);
  done++;
  if (done % 20 === 0) say(`${done} of ${count}`);
}
say([...times].map(([way, ends]) => `${way} ${ends}`).join(", "));
say(`${done - failed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
