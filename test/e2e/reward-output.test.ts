/** `train --json` with rewards that print: standard output holds events and nothing else. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { cli } from "../helpers/command.js";
import { scratch } from "../helpers/rendered.js";
import { smallRun } from "../helpers/small-run.js";

test("what a reward prints goes to standard error, with a thread of its own and without", async () => {
  const dir = await scratch();
  const module = join(dir, "judge.mjs");
  await writeFile(
    module,
    `console.log("as it loads");
export const judge = ({ videos }) => {
  console.log("by console");
  process.stdout.write("by the stream\\n");
  return videos.map(({ answers }) => answers.map(({ score }) => score));
};
`,
  );
  const rewards = [{ name: "own", module, export: "judge" }];
  for (const [name, more] of Object.entries({ here: {}, thread: { rewardTimeoutMs: 60_000 } })) {
    const config = join(dir, `${name}.json`);
    const small = { ...(await smallRun(join(dir, name))), steps: 1, samples: 2, maxNewTokens: 40 };
    await writeFile(config, JSON.stringify({ ...small, rewards, ...more }));
    const { code, stdout, stderr } = await cli("train", "--json", "--config", config);
    assert.equal(code, 0, stderr);
    const types = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.deepEqual([types.at(0), types.at(-1)], ["start", "end"], name);
    for (const words of ["as it loads", "by console", "by the stream"])
      assert.ok(stderr.includes(`${words}\n`), `${name}: ${words}`);
  }
});
