/** How a key is written as a flag, and how the help tells of one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { describeFlag, flag, flagOf, KeyFlag, unitOf } from "../../../lib/cli/flag.js";

test("words are parted, and a unit is one word", () => {
  const flags = ["steps", "videosPerStep", "topK", "clipCacheMiB", "sizeGB", "rewardTimeoutMs", "lowMBytes"];
  assert.deepEqual(flags.map(flagOf), [
    "--steps",
    "--videos-per-step",
    "--top-k",
    "--clip-cache-mib",
    "--size-gb",
    "--reward-timeout-ms",
    "--low-m-bytes",
  ]);
  assert.deepEqual(flags.slice(2, 5).map(unitOf), [null, "MiB", "GB"]);
});

test("a value comes under its key, however the flag is spelt", () => {
  const command = new Command().addOption(new KeyFlag("clipCacheMiB", "MiB", "").argParser(Number));
  command.parse(["--clip-cache-mib", "7"], { from: "user" });
  assert.deepEqual(command.opts(), { clipCacheMiB: 7 });
});

test("what it does, then whether it must be given, its choices and its default", () => {
  assert.equal(describeFlag("side", {}), "side");
  assert.equal(describeFlag("side", { usual: "1e-6", source: "paper" }), "side (default: 1e-6) [paper]");
  const { description, mandatory, argChoices } = flag("--a <name>", "side", {
    needed: true,
    choices: ["b", "c"],
  });
  assert.deepEqual([description, mandatory, argChoices], ["side (required; one of: b, c)", true, ["b", "c"]]);
});
