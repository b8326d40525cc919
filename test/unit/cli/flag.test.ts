/** How the help tells of a flag, and where its value comes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { describeFlag, flag, KeyFlag } from "../../../lib/cli/flag.js";

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
