/** What an ablation's numbers depend on, and what of it may grow. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type AblateOptions, planOf } from "../../../lib/ablation/options.js";
import { firstDifference, grown, recordOf } from "../../../lib/ablation/recorded.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const record = (options: Partial<AblateOptions>) => recordOf(planOf({ out: "x", ...options }));

describe("recordOf", () => {
  it("says nothing of folder and seeds, and is the same again", async () => {
    const one = await record({ rows: ["full"], seeds: 2 });
    assert.equal(firstDifference(one, await recordOf(planOf({ out: "y", rows: ["full"], seeds: 9 }))), null);
    assert.ok(!JSON.stringify(one).includes('"modified"'));
  });

  it("names the first setting that is another one", async () => {
    const one = await record({ rows: ["rank", "full"], steps: 5 });
    const difference = firstDifference(one, await record({ rows: ["full"], steps: 6 }));
    assert.deepEqual(difference, { path: "rows.full.steps", before: 5, now: 6 });
    const path = async (options: Partial<AblateOptions>) =>
      firstDifference(one, await record({ rows: ["full"], steps: 5, ...options }))?.path;
    assert.equal(await path({}), undefined);
    assert.equal(await path({ model: "tiny" }), "model");
    assert.equal(await path({ clips: 9 }), "videos.train");
    assert.equal(await path({ startSteps: 9 }), "starts.reasoning.steps");
    assert.equal(await path({ config: { beta: 0 } }), "rows.full.beta");
  });

  it("knows lists and prompts by what stands in them", async () => {
    const files = { data: "a.csv", inDomain: "b.csv", outOfDomain: "c.csv", prompt: "p.txt" };
    const write = (text: string) => {
      for (const name of Object.values(files)) writeFileSync(join(dir, name), text);
    };
    const at = (name: string) => join(dir, name);
    const options = {
      data: at(files.data),
      inDomain: [at(files.inDomain)],
      outOfDomain: [at(files.outOfDomain)],
      prompt: at(files.prompt),
      rows: ["full" as const],
    };
    write("Rate it.\n");
    const one = await record(options);
    writeFileSync(at(files.inDomain), "Rate it!\n");
    assert.equal(firstDifference(one, await record(options))?.path, `videos.${at(files.inDomain)}`);
    write("Rate it.\n");
    writeFileSync(at(files.prompt), "Rate that.\n");
    assert.equal(firstDifference(one, await record(options))?.path, "prompts.true.question");
  });

  it("grows by rows", async () => {
    const [first, second] = [await record({ rows: ["rank"] }), await record({ rows: ["no-reasoning"] })];
    assert.equal(firstDifference(first, second), null);
    const both = grown(first, second);
    assert.deepEqual(Object.keys(both["rows"] as object), ["rank", "no-reasoning"]);
    assert.deepEqual(Object.keys(both["starts"] as object), ["reasoning", "no-reasoning"]);
    assert.equal(firstDifference(both, first), null);
    assert.equal(firstDifference(both, await record({ rows: ["rank"], steps: 3 }))?.path, "rows.rank.steps");
  });
});
