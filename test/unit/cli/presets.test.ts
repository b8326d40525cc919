/** `vqathinker presets` as a user types it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PRESET_NAMES, presetDifferences, presets } from "../../../lib/presets/presets.js";
import { cli } from "../../helpers/command.js";

test("lists every preset, with how much of it is unverified", async () => {
  const { code, stdout } = await cli("presets");
  assert.equal(code, 0);
  const lines = stdout.trim().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(" ")[0]),
    PRESET_NAMES,
  );
  assert.match(lines[1] ?? "", /as its public trainer runs it +41 settings, 0 unverified$/);
  const listed = JSON.parse((await cli("presets", "--json")).stdout) as {
    name: string;
    unverified: number;
  }[];
  assert.deepEqual(
    listed.map(({ name }) => name),
    PRESET_NAMES,
  );
});

test("shows one with the source of each value, what is unverified, and what no option says", async () => {
  const { stdout } = await cli("presets", "show", "paper");
  for (const path of Object.keys(presets.paper.settings))
    assert.match(stdout, new RegExp(`^${path.replaceAll(".", "\\.")} `, "m"), path);
  assert.match(stdout, /^clipLow +0\.2 .*\[unverified\]$/m);
  assert.match(stdout, /^beta +0\.04 +paper, β$/m);
  assert.match(stdout, /^learningRate +1e-6 /m);
  assert.match(stdout, /^- SlowFast: stays in eval mode/m);
  const { name, settings } = JSON.parse((await cli("presets", "show", "paper", "--json")).stdout) as {
    name: string;
    settings: object;
  };
  assert.deepEqual([name, settings], ["paper", JSON.parse(JSON.stringify(presets.paper.settings))]);
});

test("tells what differs between two, with both values and sources", async () => {
  const { stdout } = await cli("presets", "show", "paper", "--diff", "released");
  const differences = presetDifferences("paper", "released");
  assert.ok(differences.length > 15);
  for (const { setting } of differences)
    assert.match(stdout, new RegExp(`^${setting.replaceAll(".", "\\.")} `, "m"));
  assert.match(
    stdout,
    /^rewards\.ranking\.ties +zero +half +paper, equation 7.* \| released, ranking reward$/m,
  );
  assert.match(stdout, /^rewards\.temporal\.gate +video +none /m);
  assert.doesNotMatch(stdout, /^beta /m);
  assert.match(stdout, new RegExp(`^${differences.length} differ, \\d+ with an unverified value$`, "m"));
});

test("names that are none end with 2 and the nearest", async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr, stdout } = await cli("presets", ...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    return stderr;
  };
  assert.match(await refused("show", "relesed"), /option name: .*did you mean "released"\?/);
  assert.match(await refused("show"), /option name: expected one of paper, /);
  assert.match(await refused("show", "paper", "--diff", "papre"), /option --diff: .*did you mean "paper"\?/);
  assert.match(await refused("--diff", "paper"), /presets show NAME --diff paper/);
  assert.match(await refused("shw"), /show/);
});
