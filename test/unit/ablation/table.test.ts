/** Table 4 as data, held to what the text says of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL, ROW_NAMES, TABLE_4 } from "../../../lib/ablation/table.js";
import { presets } from "../../../lib/presets/presets.js";
import { readSource } from "../../helpers/sources.js";

test("no row of the paper beats its full method, which has everything", () => {
  const { paper, rewards, motion, reasoning } = TABLE_4[FULL];
  assert.deepEqual([rewards.length, motion, reasoning], [3, true, true]);
  for (const row of ROW_NAMES)
    for (const domain of ["inDomain", "outOfDomain"] as const)
      for (const metric of ["srcc", "plcc"] as const)
        assert.ok(TABLE_4[row].paper[domain][metric] <= paper[domain][metric], `${row} ${domain} ${metric}`);
});

test("a row's preset says the same of motion and form as the row", () => {
  for (const row of ROW_NAMES) {
    const { preset, motion, reasoning, start } = TABLE_4[row];
    const { settings } = presets[preset] as { settings: Record<string, { value: unknown }> };
    assert.equal(settings["motion"]?.value ?? true, motion, row);
    assert.equal(settings["rewards.format.form"]?.value, reasoning ? "think" : "answer", row);
    assert.equal(start, motion ? (reasoning ? "reasoning" : "no-reasoning") : "no-motion", row);
  }
});

test("docs/ablation.md has every row with its switches and numbers", () => {
  const text = readSource("docs/ablation.md");
  for (const row of ROW_NAMES) {
    const { rewards, motion, reasoning, paper } = TABLE_4[row];
    const switches = [
      ...(["ranking", "regression", "temporal"] as const).map((name) => rewards.includes(name)),
      motion,
      reasoning,
    ];
    const pair = ({ srcc, plcc }: { srcc: number; plcc: number }) =>
      `${srcc.toFixed(3)} / ${plcc.toFixed(3)}`;
    const cells = [
      ...switches.map((is) => (is ? " yes " : " ")),
      ` ${pair(paper.inDomain)} `,
      ` ${pair(paper.outOfDomain)} `,
    ];
    assert.ok(text.includes(`| \`${row}\` |${cells.join("|")}|`), row);
  }
});
