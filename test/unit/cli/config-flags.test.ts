/** The flags of `train` against the schema that they are made from, and against those of other commands. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addConfigFlags } from "../../../lib/cli/config-flags.js";
import { evalCommand } from "../../../lib/cli/eval.js";
import { inspectCommand } from "../../../lib/cli/inspect.js";
import { makeRandomCommand } from "../../../lib/cli/make-random.js";
import { scoreCommand } from "../../../lib/cli/score.js";
import { setupCommand } from "../../../lib/cli/setup.js";
import { trainCommand } from "../../../lib/cli/train.js";
import { flagOf } from "../../../lib/core/flag-name.js";
import { configJsonSchema, METHOD_NAMES, parseConfig, parseMethod } from "../../../lib/run/config.js";
import { PLACES } from "../../../lib/run/places.js";

const train = addConfigFlags(new Command("train"));
const shown = (value: unknown) =>
  typeof value === "number" && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
const said = (key: string) =>
  train.options.find((option) => option.attributeName() === key)?.description ?? "";

test("every flag tells its default, as the schema has it", () => {
  const defaults = parseConfig({ out: "run" });
  const ofSft = parseMethod({ out: "run", method: "sft" }) as unknown as Record<string, unknown>;
  for (const option of train.options) {
    const value = (defaults as unknown as Record<string, unknown>)[option.attributeName()];
    if (value === undefined || value === false || ["out", "template"].includes(option.attributeName()))
      continue;
    const [, told = "", other = told] =
      /default: ([^;),]*)(?:, of sft ([^;)]*))?\)/.exec(option.description) ?? [];
    const sft = ofSft[option.attributeName()] ?? value;
    if (option.negate) {
      assert.deepEqual([value, sft, told], [true, true, "with"], option.long ?? "");
      continue;
    }
    assert.equal(told, shown(value), option.long ?? "");
    assert.equal(other, shown(option.attributeName() === "method" ? value : sft), option.long ?? "");
  }
  assert.match(said("learningRate"), /^peak \(default: 1e-6, of sft 2e-5\) \[paper\]$/);
  assert.match(said("template"), /default: the checkpoint's own\) \[released: released-train\]$/);
  assert.match(said("frames"), /\(default: the checkpoint's\) \[released: 6\]$/);
  assert.match(said("samples"), /^K, answers/);
  assert.match(said("slowfast"), /^SlowFast's/);
});

test("what has moved is named by flags that are there", () => {
  const flags = train.options.map(({ long }) => long);
  for (const key of PLACES) assert.ok(flags.includes(flagOf(key)), key);
});

test("what must be given is marked", () => {
  const needed = train.options.filter(({ description }) => /\(required\)/.test(description));
  assert.deepEqual(
    needed.map(({ long }) => long),
    ["--data", "--out"],
  );
});

test("every key is a flag, or is named as one of the file alone, but for those that a run writes", () => {
  let help = "";
  train.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, alone = ""] = /^Only there: (.*); --schema/m.exec(help) ?? [];
  const keys = METHOD_NAMES.flatMap((method) => Object.keys(configJsonSchema(method).properties ?? {}));
  const flags = train.options.map((option) => option.attributeName());
  assert.deepEqual(
    [...new Set([...flags, ...alone.split(", "), "inputs", "rules"])].sort(),
    [...new Set(keys)].sort(),
  );
  for (const word of ["[paper]", "[released]", "[ours]"]) assert.ok(help.includes(word), word);
});

test("a source is always in brackets, never a sentence of its own", () => {
  for (const { long, description } of train.options)
    assert.doesNotMatch(description, /\b(Paper|Released|Ours)\b|default:.*default:|\.$/, long ?? "");
});

test("a flag that turns something off says what is left out", () => {
  const off = train.options.filter(({ negate }) => negate);
  assert.deepEqual(
    off.map(({ flags, description }) => `${flags}: ${description}`),
    [
      "--no-motion: without SlowFast's token in the prompt, where the checkpoint has motion parts (default: with) " +
        "[paper; table 4 without]",
      "--no-tensorboard: without the steps' measures for TensorBoard in the run folder's tensorboard (default: with) " +
        "[ours]",
    ],
  );
});

test("a scale is typed as min:max", () => {
  const range = (text: string) => {
    const command = addConfigFlags(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
    return command.parse(["--label-range", text], { from: "user" }).opts();
  };
  assert.deepEqual(range("0:100"), { labelRange: { min: 0, max: 100 } });
  assert.deepEqual(range("-1:1.5"), { labelRange: { min: -1, max: 1.5 } });
  for (const text of ["", "5", "0-100", "0:1:2", "a:b", ":"]) assert.throws(() => range(text), /0:100/, text);
});

test("a flag is written in one way wherever it stands, and every description begins small and ends without a stop", () => {
  const made = [scoreCommand, evalCommand, inspectCommand, makeRandomCommand, setupCommand, trainCommand];
  const values = new Map<string, string>();
  for (const command of made.map((make) => make())) {
    for (const { long, flags, description } of command.options) {
      const name = String(long);
      // A run's folder is named where it goes on; the other commands have their results beside them.
      if (name !== "--resume" && name !== "--out") {
        assert.equal(values.get(name) ?? flags, flags, `${command.name()} ${name}`);
        values.set(name, flags);
      }
      assert.doesNotMatch(description, /^[A-Z][a-z]+\b|\.$/, `${command.name()} ${name}`);
    }
  }
  assert.equal(values.get(flagOf("imageSize")), "--image-size <pixels>");
});
