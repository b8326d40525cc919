/**
 * npm run bench:presets: the demonstration by every preset and seed, its videos rendered and decoded once for a seed, and
 * what the rank correlations of the held-out sets gained. `npm run demo -- --preset NAME --seed N` gives the same figures.
 *
 *   npm run bench:presets -- [--presets paper,released] [--seeds 1,2,3] [--rows FILE]
 *
 * Prints a JSON line for each learning, which --rows appends to a file, and the table of docs/presets.md last. Learnings
 * whose rows are in that file already are not made again.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkOneOf } from "../lib/core/check.js";
import { appendJsonLines, jsonLines, readJsonLines } from "../lib/core/jsonl.js";
import { Screen } from "../lib/core/screen.js";
import { learn } from "../lib/demo/learn.js";
import { writePrompt } from "../lib/demo/prompt.js";
import { numbersOf } from "../lib/demo/report.js";
import { manifestsIn, openSets, renderSets, trainingListIn } from "../lib/demo/sets.js";
import { loadModel } from "../lib/index.js";
import { PRESET_NAMES, type PresetName } from "../lib/presets/presets.js";
import { formOf } from "../lib/trial/form.js";
import { overlayKeys, THREADS } from "../lib/trial/overlay.js";
import { gainTable, type PresetRow } from "./preset-gains.js";

const { values } = parseArgs({
  options: {
    presets: { type: "string", default: PRESET_NAMES.join() },
    seeds: { type: "string", default: "1,2,3" },
    rows: { type: "string" },
  },
});
const presets = values.presets.split(",").map((name) => checkOneOf("--presets", name, PRESET_NAMES));
const seeds = values.seeds.split(",").map(Number);
// What a learning says goes to the other stream, so that the first one holds rows.
const screen = new Screen(process.stderr);
const { signal } = new AbortController();

async function known(): Promise<PresetRow[]> {
  if (values.rows === undefined || !existsSync(values.rows)) return [];
  return (await readJsonLines(values.rows)).map(({ value }) => value as PresetRow);
}

/** Of a learning by other settings nothing is known. */
function isOf(row: PresetRow, preset: PresetName): boolean {
  return row.preset === preset && JSON.stringify(row.overlay) === JSON.stringify(overlayKeys(preset));
}

async function learnAll(
  seed: number,
  wanted: readonly PresetName[],
  keep: (row: PresetRow) => Promise<void>,
) {
  const dir = await mkdtemp(join(tmpdir(), "vqathinker-presets-"));
  const tiny = await loadModel("tiny-start", { threads: THREADS });
  try {
    await renderSets(dir, seed, signal, screen.counter("  rendered"));
    const sets = await openSets(tiny, manifestsIn(dir), signal, screen.counter("  decoded"));
    for (const preset of wanted) {
      const run = join(dir, preset);
      await mkdir(run);
      const form = formOf(preset);
      const prompt = await writePrompt(run, form);
      const place = { run, list: trainingListIn(dir), prompt, seed, screen, signal };
      const { before, after, ...made } = await learn(preset, form, place, tiny, sets);
      const overlay = overlayKeys(preset);
      await keep({ preset, seed, overlay, ...made, before: numbersOf(before), after: numbersOf(after) });
    }
    for (const { clips } of sets) for (const clip of clips) clip.dispose();
  } finally {
    tiny.dispose();
    await rm(dir, { recursive: true, force: true });
  }
}

const rows = await known();
for (const seed of seeds) {
  const wanted = presets.filter((preset) => !rows.some((row) => isOf(row, preset) && row.seed === seed));
  if (wanted.length === 0) continue;
  await learnAll(seed, wanted, async (row) => {
    rows.push(row);
    process.stdout.write(jsonLines([row]));
    if (values.rows !== undefined) appendJsonLines(values.rows, [row]);
  });
}
const made = rows.filter((row) => isOf(row, row.preset));
for (const line of gainTable(made, presets)) process.stdout.write(`${line}\n`);
