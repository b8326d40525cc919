/** The presets held against the configuration, against the rows of paper and public code, and against docs/presets.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { differenceCells } from "../../../lib/cli/presets.js";
import { newlyRuled } from "../../../lib/core/rules.js";
import { grpoMethod } from "../../../lib/grpo/method.js";
import { PRESET_NAMES, type PresetName, presetDifferences, presets } from "../../../lib/presets/presets.js";
import { parseConfig, parseMethod, parseStored } from "../../../lib/run/config.js";
import { readSource } from "../../helpers/sources.js";

const parsed = (preset: string, more: object = {}) => parseConfig({ out: "run", preset, ...more });
type Nested = Readonly<Record<string, unknown>>;

/** What a configuration has under a preset's path. */
function at(config: Nested, path: string): unknown {
  const [key = "", inner = "", option = ""] = path.split(".");
  if (key !== "rewards") return inner === "" ? config[key] : (config[key] as Nested)[inner];
  return (config["rewards"] as Nested[]).find(({ name }) => name === inner)?.[option];
}

for (const name of PRESET_NAMES)
  test(`${name}: every setting is a key of the configuration, arrives there and says where it is from`, () => {
    const config = parsed(name);
    const { settings } = presets[name];
    for (const [path, { value, from }] of Object.entries(settings)) {
      assert.deepEqual(at(config as unknown as Nested, path), value, path);
      assert.ok(from.length > 3, path);
    }
    assert.equal(config.preset, name);
    grpoMethod(newlyRuled(config));
    const named = new Set(Object.keys(settings).flatMap((path) => /^rewards\.(\w+)/.exec(path)?.[1] ?? []));
    assert.deepEqual(
      config.rewards.map((reward) => reward.name),
      [...named],
    );
  });

test("keys win over the preset, and the preset over defaults", () => {
  const config = parsed("q-insight", { samples: 3, temporal: { perturb: true } });
  assert.deepEqual([config.samples, config.beta, config.answers], [3, 0.001, "json"]);
  assert.equal(config.temporal.perturb, true);
});

test("a name that is none is refused with the nearest, one of another method by its method", () => {
  assert.throws(() => parsed("relased"), {
    code: "E_OPTION",
    message: /preset: .*did you mean "released"\?/,
  });
  assert.throws(() => parseMethod({ out: "run", preset: 3 }), { code: "E_OPTION", message: /found 3/ });
  assert.throws(() => parseMethod({ out: "run", method: "sft", preset: "paper" }), {
    code: "E_OPTION",
    message: /preset: expected none beside another method than grpo, found "paper"/,
  });
  assert.throws(() => parseMethod({ out: "run", method: "grop", preset: "paper" }), {
    message: /option method: /,
  });
  // However long what stands there is, the message is one that a person reads.
  assert.throws(
    () => parsed("paper", { method: "x".repeat(5000) }),
    (error: Error) => /option preset: /.test(error.message) && error.message.length < 300,
  );
});

test("what a run wrote is read as it stands: its preset is not laid under it again", () => {
  const stored = JSON.parse(JSON.stringify(parsed("paper"))) as Record<string, unknown>;
  delete stored["topK"];
  const [again, anew] = [parseStored(stored), parseMethod(stored)];
  assert.deepEqual(
    [again, anew].map((config) => "topK" in config && config.topK),
    [50, 0],
  );
});

/** What paper and public trainer differ in, and the settings that say it; text where a note says that no option does. */
const ROWS: readonly (readonly [topic: string, ...paths: string[]])[] = [
  ["batch", "videosPerStep"],
  ["ranking partners", "rewards.ranking.choice", "rewards.ranking.variant"],
  ["α", "rewards.regression.variant"],
  ["temporal comparison", "rewards.temporal.pool"],
  ["temporal threshold", "rewards.temporal.gate", "rewards.temporal.regressionThreshold"],
  ["temporal reward", "rewards.temporal.variant"],
  ["perturbations", "temporal.modes"],
  ["ties", "rewards.ranking.ties"],
  ["variance", "rewards.ranking.variance"],
  ["advantage", "advantage"],
  ["granularity", "ratioLevel"],
  ["unparsable answer", "rewards.ranking.unparsed", "rewards.regression.unparsed"],
  ["sampling", "topK"],
  ["old policy", "oldPolicy"],
];
/** Rows of which the paper says nothing else than the public trainer, or nothing: named options with one value. */
const ALIKE = [
  "samples",
  "beta",
  "learningRate",
  "epochs",
  "clipLow",
  "clipHigh",
  "klEstimator",
  "iterations",
].concat(
  ["frames", "imageSize", "template", "rewards.regression.sigma", "rewards.temporal.delta"],
  ["rewards.temporal.rankingThreshold", "temperature", "trainable"],
);
const NOTED = ["SlowFast", "motion projector's start", "ε of the ranking reward", "frames of a test"].concat([
  "second indicator of equation 7",
  "answers without a score in a test",
]);

test("every row of paper and public code is an option with both values, or a note that says why not", () => {
  const differing = presetDifferences("paper", "released-temporal").map(({ setting }) => setting);
  for (const [topic, ...paths] of ROWS)
    for (const path of paths) assert.ok(differing.includes(path), `${topic}: ${path}`);
  const [paper, released] = [presets.paper, presets["released-temporal"]];
  for (const path of ALIKE)
    for (const { settings } of [paper, released]) assert.ok(Object.hasOwn(settings, path), path);
  const topics = [paper, released].flatMap(({ notes }) => notes.map(({ topic }) => topic));
  for (const topic of NOTED) assert.ok(topics.includes(topic), topic);
  for (const { notes } of [paper, released])
    assert.match(notes.find(({ topic }) => topic === "SlowFast")?.text ?? "", /eval mode/);
  const isTemporal = presetDifferences("released", "released-temporal").map(({ setting }) => setting);
  assert.deepEqual(
    isTemporal.filter((path) => !path.startsWith("rewards.temporal.")),
    ["temporal.perturb"],
  );
});

test("table 4's switches are presets that differ from the paper's in those alone", () => {
  const against = (name: PresetName) => presetDifferences("paper", name).map(({ setting }) => setting);
  assert.deepEqual(against("paper-no-reasoning"), ["rewards.format.form"]);
  assert.deepEqual(
    against("paper-no-motion").filter((path) => !path.startsWith("rewards.temporal.")),
    ["trainable", "temporal.perturb", "motion"],
  );
});

test("docs/presets.md has every preset, every difference of paper and public trainer, and every note", () => {
  const text = readSource("docs/presets.md");
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const missing = (lines: readonly string[]) => lines.filter((line) => !text.split("\n").includes(line));
  assert.deepEqual(missing(PRESET_NAMES.map((name) => row([`\`${name}\``, presets[name].title]))), []);
  const compared = [
    ["paper", "released-temporal"],
    ["q-insight", "released"],
    ["visualquality-r1", "released"],
    ["vq-insight", "released"],
  ] as const;
  for (const [one, other] of compared) {
    const own = presetDifferences(one, other).filter((pair) => pair.one !== null);
    const rows = own.map(differenceCells).map(([setting = "", ...rest]) => row([`\`${setting}\``, ...rest]));
    assert.deepEqual(missing(rows), [], one);
  }
  const notes = PRESET_NAMES.flatMap((name) => presets[name].notes);
  assert.deepEqual(missing(notes.map(({ topic, text: said }) => `- ${topic}: ${said}`)), []);
});
