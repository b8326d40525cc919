/** The folder of an ablation: whose it is, what it keeps, who holds it. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { AblationFolder, type RowResult } from "../../../lib/ablation/folder.js";
import { coded } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const record = { table: 4, rows: { full: { steps: 3 } }, starts: {}, prompts: {} };
const result: RowResult = {
  row: "full",
  seed: 2,
  steps: 3,
  sets: [
    {
      name: "near",
      domain: "inDomain",
      predictions: [{ video: "a.mp4", target: 3.25, score: null, status: "unparsed" }],
    },
  ],
};

describe("an ablation's folder", () => {
  it("is made when it is opened, not when it is looked at", async () => {
    const dir = join(scratch, "new");
    await AblationFolder.check(dir, record);
    assert.equal(existsSync(dir), false);
    const folder = await AblationFolder.open(dir, record);
    assert.deepEqual(readdirSync(dir).sort(), ["ablation.json", "ablation.lock"]);
    await folder.close();
    assert.deepEqual(readdirSync(dir), ["ablation.json"]);
  });

  it("keeps results and starts, and tells them after it has moved", async () => {
    const dir = join(scratch, "kept");
    const folder = await AblationFolder.open(dir, record);
    assert.equal(AblationFolder.holds(dir, "full", 2), false);
    assert.equal(await folder.start("reasoning", 2), null);
    await folder.keepResult(result);
    const checkpoint = join(folder.startRun("reasoning", 2), "checkpoints", "step-1");
    await folder.keepStart("reasoning", 2, checkpoint);
    await folder.close();
    const moved = join(scratch, "moved");
    renameSync(dir, moved);
    const again = await AblationFolder.open(moved, record);
    assert.equal(AblationFolder.holds(moved, "full", 2), true);
    assert.deepEqual(await again.result("full", 2), result);
    const started = await again.start("reasoning", 2);
    assert.equal(started, join(again.startRun("reasoning", 2), "checkpoints", "step-1"));
    await again.close();
  });

  it("is of one process at a time", async () => {
    const dir = join(scratch, "held");
    const folder = await AblationFolder.open(dir, record);
    await assert.rejects(AblationFolder.open(dir, record), coded("E_BUSY", "this process uses it"));
    await folder.close();
  });

  it("of other settings is refused with the first that differs", async () => {
    const dir = join(scratch, "other");
    const made = await AblationFolder.open(dir, record);
    await made.keepResult(result);
    await made.close();
    const other = { ...record, rows: { full: { steps: 4 } } };
    await assert.rejects(
      AblationFolder.open(dir, other),
      coded("E_OPTION", "rows.full.steps was 3 there, is 4 now"),
    );
    assert.deepEqual(readdirSync(dir).sort(), ["ablation.json", "results"]);
  });

  it("in which nothing is made yet takes other settings, and before a start is made others of the starts", async () => {
    const dir = join(scratch, "empty");
    const open = async (now: typeof record) => (await AblationFolder.open(dir, now)).close();
    const of = (steps: number, start: number) => ({
      ...record,
      rows: { full: { steps } },
      starts: { reasoning: { steps: start } },
    });
    await open(of(3, 1));
    mkdirSync(join(dir, "prompts"));
    await open(of(4, 1));
    writeFileSync(join(dir, "answers.jsonl"), "");
    await open(of(4, 2));
    await assert.rejects(open(of(5, 2)), coded("E_OPTION", "rows.full.steps was 4 there, is 5 now"));
    mkdirSync(join(dir, "starts"));
    await assert.rejects(open(of(4, 3)), coded("E_OPTION", "starts.reasoning.steps was 2 there, is 3 now"));
  });

  it("of something else is refused, and a result that is none", async () => {
    const dir = join(scratch, "run");
    mkdirSync(dir);
    writeFileSync(join(dir, "config.json"), "{}");
    await assert.rejects(AblationFolder.check(dir, record), coded("E_OPTION", "config.json is there"));
    const kept = join(scratch, "broken");
    const folder = await AblationFolder.open(kept, record);
    await folder.keepResult({ ...result, seed: 0 });
    await assert.rejects(folder.result("full", 0), coded("E_FORMAT", "full-seed-0.json", "seed"));
    await folder.close();
  });
});
