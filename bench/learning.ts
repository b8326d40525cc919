/**
 * npm run bench:learning: the demonstration's learning by other settings and seeds, and by supervised fine-tuning, the clips
 * of a seed rendered once.
 *
 *   npm run bench:learning -- [--settings demo,sft] [--seeds 1,2,3] [--rows FILE] [--predictions DIR]
 *   npm run bench:learning -- --compare sft,demo --predictions DIR [--seeds 1,2,3]
 *
 * Prints a JSON line for each learning, which --rows appends to a file, and a table last. Learnings whose rows are in that
 * file already are not made again. --predictions writes each video's score and answer to DIR/SETTINGS-SEED.json,
 * from which --compare makes the second table of docs/learning.md, with nothing trained.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeJsonAtomic } from "../lib/core/atomic-file.js";
import { checkOneOf, optionError } from "../lib/core/check.js";
import { readJsonFile } from "../lib/core/json.js";
import { numbersOf, type Reports } from "../lib/demo/report.js";
import { HELD_OUT, HELD_OUT_NAMES } from "../lib/demo/sets.js";
import { onSeed } from "./demo-seed.js";
import { KeptRows } from "./kept-rows.js";
import { compared, comparisonLines } from "./learning-intervals.js";
import { examine, oneBlockShare, teach } from "./learning-run.js";
import { keysOf, type LearningSettings, SETTINGS } from "./learning-settings.js";
import { type LearningRow, learningTable } from "./learning-table.js";

const { values } = parseArgs({
  options: {
    settings: { type: "string", default: Object.keys(SETTINGS).join() },
    seeds: { type: "string", default: "1,2,3" },
    rows: { type: "string" },
    predictions: { type: "string" },
    compare: { type: "string" },
  },
});
const names = values.settings.split(",").map((name) => checkOneOf("--settings", name, Object.keys(SETTINGS)));
const seeds = values.seeds.split(",").map(Number);
const settingsOf = (name: string) => SETTINGS[name] as LearningSettings;
const kept = await KeptRows.of<LearningRow>(values.rows);

/** Of a learning by other keys nothing is known. */
function isOf(row: LearningRow, name: string): boolean {
  const { clips } = settingsOf(name);
  return (
    row.settings === name &&
    row.clips === clips &&
    JSON.stringify(row.keys) === JSON.stringify(keysOf(settingsOf(name)))
  );
}

async function keepPredictions(name: string, seed: number, reports: Reports): Promise<void> {
  if (values.predictions === undefined) return;
  await mkdir(values.predictions, { recursive: true });
  await writeJsonAtomic(join(values.predictions, `${name}-${seed}.json`), reports);
}

async function learnAll(): Promise<void> {
  for (const seed of seeds) {
    const wanted = names.filter((name) => !kept.rows.some((row) => isOf(row, name) && row.seed === seed));
    if (wanted.length === 0) continue;
    await onSeed(seed, async (opened) => {
      const before = numbersOf(await examine(opened.tiny, opened));
      for (const name of wanted) {
        const settings = settingsOf(name);
        const { after, ...made } = await teach(name, settings, opened);
        await keepPredictions(name, seed, after);
        const { clips } = settings;
        const told = { settings: name, seed, keys: keysOf(settings), clips, ...made };
        kept.add({ ...told, oneBlock: oneBlockShare(after, settings), before, after: numbersOf(after) });
      }
    });
  }
  const made = kept.rows.filter((row) => Object.hasOwn(SETTINGS, row.settings) && isOf(row, row.settings));
  for (const line of learningTable(made, names)) process.stdout.write(`${line}\n`);
}

async function compare(ways: string): Promise<void> {
  const [one = "", other = ""] = ways.split(",");
  if (values.predictions === undefined) throw optionError("--predictions", "a folder", values.predictions);
  const dir = values.predictions;
  const of = (name: string) =>
    Promise.all(seeds.map((seed) => readJsonFile(join(dir, `${name}-${seed}.json`)) as Promise<Reports>));
  const [first, second] = [await of(one), await of(other)];
  for (const name of HELD_OUT_NAMES) {
    const bySeed = (reports: readonly Reports[]) =>
      new Map(reports.map((report, i) => [seeds[i] as number, report[name].predictions]));
    const lines = comparisonLines(HELD_OUT[name], compared(bySeed(first), bySeed(second)));
    for (const line of lines) process.stdout.write(`${line}\n`);
  }
}

await (values.compare === undefined ? learnAll() : compare(values.compare));
