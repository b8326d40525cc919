/**
 * The fuzzer's command line: each target for its share of the time, one after the other.
 *
 *   npm run fuzz -- --seconds 600 --seed 7 --target pickle
 *   npm run fuzz -- --target pickle --replay FILE
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkInteger, checkOneOf } from "../../lib/core/check.js";
import { packageRoot } from "../../lib/core/package-root.js";
import { type FuzzOutcome, runTarget } from "./run.js";
import { TARGET_NAMES, TARGETS, type TargetName } from "./targets.js";

const MAX_SEED = 2 ** 31;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string" },
    replay: { type: "string" },
    /** File for { passed, failed }. */
    report: { type: "string" },
  },
});

const seconds = checkInteger("--seconds", Number(values.seconds), 1);
const seed = checkInteger("--seed", Number(values.seed ?? Date.now() % MAX_SEED), 0, MAX_SEED);
const names =
  values.target === undefined ? TARGET_NAMES : [checkOneOf("--target", values.target, TARGET_NAMES)];
const replay = values.replay === undefined ? null : new Uint8Array(readFileSync(values.replay));

function say(line: string): void {
  process.stdout.write(`[fuzz] ${line}\n`);
}

/** Keeps the input that failed, and says how to see it fail again. */
function tellFailure(name: TargetName, { problem, input }: NonNullable<FuzzOutcome["failure"]>): void {
  say(`${name} failed on an input of ${input.length} bytes: ${problem}`);
  if (replay !== null) return;
  const folder = join(packageRoot(), "runs");
  const file = join(folder, `fuzz-${name}-${seed}.bin`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, input);
  say(`kept as ${file}; again: npm run fuzz -- --target ${name} --replay ${file}`);
}

const parts = names.reduce((sum, name) => sum + TARGETS[name], 0);
let failed = 0;
for (const name of names) {
  const share = (seconds * TARGETS[name]) / parts;
  say(replay === null ? `${name}: seed ${seed}, ${share} seconds` : `${name}: ${values.replay}`);
  const module = new URL(`./${name}.js`, import.meta.url).href;
  const { executions, accepted, failure } = await runTarget({ module, seed, seconds: share, replay });
  say(`${name}: ${executions} executions, ${accepted} accepted, ${executions - accepted} refused`);
  if (failure !== null) {
    failed++;
    tellFailure(name, failure);
  }
}
const passed = names.length - failed;
if (values.report !== undefined) writeFileSync(values.report, JSON.stringify({ passed, failed }));
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
