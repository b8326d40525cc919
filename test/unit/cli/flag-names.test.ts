/** Keys in messages, told by the flags that were or could be typed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inFlags, warningInFlags } from "../../../lib/cli/flag-names.js";
import { trainCommand } from "../../../lib/cli/train.js";
import { optionError } from "../../../lib/core/check.js";
import { labelWarnings } from "../../../lib/data/off-scale.js";

const [warning = ""] = labelWarnings([{ id: "a", score: 64 }], { min: 1, max: 5 }, {});
const FLAGS = " (labelScale is --label-scale <factor>, labelRange is --label-range <min:max>)";

function typed(...args: string[]) {
  const command = trainCommand().action(() => {});
  return command.parse(args, { from: "user" });
}

test("a warning names the flags of its keys", () => {
  assert.match(warning, /labelRange .*labelScale/);
  assert.equal(warningInFlags(warning, typed("--data", "x")), warning + FLAGS);
  const words = "a motion slot without motion, which TensorBoard, tensorboard, shows";
  for (const plain of ["nothing of the kind", words]) assert.equal(warningInFlags(plain, typed()), plain);
});

test("where a file says the run, a key stays a key unless it was typed beside it", () => {
  assert.equal(warningInFlags(warning, typed("--config", "x")), warning);
  assert.equal(
    warningInFlags(warning, typed("--config", "x", "--label-scale", "2")),
    `${warning} (labelScale is --label-scale <factor>)`,
  );
});

test("an error names the flag of its option alone, and no flag that is called as its key is", () => {
  const error = optionError("clipCacheMiB", "a size", -1);
  assert.equal(inFlags(error, typed()), `${error.message} (--clip-cache-mib)`);
  assert.equal(inFlags(error, typed("--config", "x")), error.message);
  assert.equal(inFlags(error, null), error.message);
  const plain = optionError("steps", "a count", 0);
  assert.equal(inFlags(plain, typed()), plain.message);
});
