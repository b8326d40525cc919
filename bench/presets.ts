/**
 * npm run bench:presets: the demonstration by every preset and seed, its videos rendered and decoded once for a seed, and
 * what the rank correlations of the held-out sets gained. `npm run demo -- --preset NAME --seed N` gives the same figures.
 *
 *   npm run bench:presets -- [--presets paper,released] [--seeds 1,2,3] [--rows FILE]
 *
 * Prints a JSON line for each learning, which --rows appends to a file, and the table of docs/presets.md last. Learnings
 * whose rows are in that file already are not made again.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checkOneOf } from "../lib/core/check.js";
import { learn } from "../lib/demo/learn.js";
import { writePrompt } from "../lib/demo/prompt.js";
import { numbersOf } from "../lib/demo/report.js";
import { PRESET_NAMES, type PresetName } from "../lib/presets/presets.js";
import { formOf } from "../lib/trial/form.js";
import { overlayKeys } from "../lib/trial/overlay.js";
import { onSeed } from "./demo-seed.js";
import { KeptRows } from "./kept-rows.js";
import { gainTable, type PresetRow } from "./preset-gains.js";

const { values } = parseArgs({
  options: {
    presets: { type: "string", default: PRESET_NAMES.join() },
    seeds: { type: "string", default: "1,2,3" },
    rows: { type: "string" },
  },
});
const presets = values.presets.split(",").map((name) => checkOneOf("--presets", name, PRESET_NAMES));
const kept = await KeptRows.of<PresetRow>(values.rows);

/** Of a learning by other settings nothing is known. */
function isOf(row: PresetRow, preset: PresetName): boolean {
  return row.preset === preset && JSON.stringify(row.overlay) === JSON.stringify(overlayKeys(preset));
}

for (const seed of values.seeds.split(",").map(Number)) {
  const wanted = presets.filter((preset) => !kept.rows.some((row) => isOf(row, preset) && row.seed === seed));
  if (wanted.length === 0) continue;
  await onSeed(seed, async ({ scratch, tiny, sets, screen, signal, training }) => {
    const { data } = await training();
    for (const preset of wanted) {
      const run = join(scratch, preset);
      await mkdir(run);
      const form = formOf(preset);
      const prompt = await writePrompt(run, form);
      const place = { run, list: data, prompt, seed, screen, signal };
      const { before, after, ...made } = await learn(preset, form, place, tiny, sets);
      const overlay = overlayKeys(preset);
      kept.add({ preset, seed, overlay, ...made, before: numbersOf(before), after: numbersOf(after) });
    }
  });
}
const made = kept.rows.filter((row) => isOf(row, row.preset));
for (const line of gainTable(made, presets)) process.stdout.write(`${line}\n`);
