/** The configuration: defaults, refusals that help, and the schema. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { configJsonSchema, parseConfig, readConfig } from "../../../lib/run/config.js";
import { scratchFolder } from "../../helpers/video-files.js";

test("defaults are those of the paper and the released trainer", () => {
  const config = parseConfig({ out: "run" });
  assert.deepEqual(
    [
      config.samples,
      config.beta,
      config.learningRate,
      config.epochs,
      config.topK,
      config.maxGradNorm,
      config.schedule,
      config.optimizer.beta2,
    ],
    [4, 0.04, 1e-6, 3, 50, 1, "linear", 0.999],
  );
  assert.deepEqual(
    config.rewards.map((reward) => [reward.name, "variant" in reward && reward.variant, reward.weight]),
    [
      ["format", "paper", 1],
      ["regression", "paper", 1],
      ["ranking", "paper", 1],
    ],
  );
  assert.deepEqual(parseConfig(config), config);
});

test("a misspelt key is named before the key that is then missing", () => {
  assert.throws(() => parseConfig({ outt: "run" }), /option outt: no such option; did you mean out\?/);
});

test("an unknown key is named with its nearest known one, at every depth", () => {
  const refused = (input: object, message: RegExp) =>
    assert.throws(() => parseConfig({ out: "run", ...input }), { code: "E_OPTION", message });
  refused({ learningrate: 1 }, /learningrate: no such option; did you mean learningRate\?/);
  refused({ optimizer: { beta_1: 1 } }, /optimizer\.beta_1: .*did you mean optimizer\.beta1\?/);
  refused(
    { rewards: [{ name: "regression", sigmma: 1 }] },
    /rewards\.0\.sigmma: .*did you mean rewards\.0\.sigma\?/,
  );
  refused({ zzzzzzzzzzzzzzz: 1 }, /known here: model, slowfast, data, out.* and \d+ more$/);
});

test("a wrong value is named with what was expected and found", () => {
  const refused = (input: object, message: RegExp) =>
    assert.throws(() => parseConfig({ out: "run", ...input }), { code: "E_OPTION", message });
  refused({ samples: 1 }, /^option samples: expected a number of at least 2, found 1$/);
  refused({ steps: "many" }, /steps: expected a number, found "many"/);
  refused({ schedule: "step" }, /schedule: .*"constant"\|"linear"\|"cosine"\|.*, found "step"/);
  refused({ rewards: [{ name: "brevity" }] }, /rewards\.0/);
  refused({ labelScale: 0 }, /labelScale: expected a number above 0, found 0/);
  refused({ labelScale: Number.POSITIVE_INFINITY }, /labelScale: expected a finite number, found Infinity/);
  refused({ labelScale: { min: 0, max: 100 } }, /labelScale: expected a number, found \{/);
  refused({ out: undefined }, /out: expected a text, found none/);
});

test("the JSON Schema describes every option", () => {
  const schema = configJsonSchema();
  const properties = Object.entries(schema.properties ?? {});
  assert.ok(properties.length > 30);
  for (const [name, property] of properties)
    assert.ok(typeof property === "object" && property.description, name);
  assert.equal(schema.additionalProperties, false);
});

test("a file is read, and flags win over it", async () => {
  const file = join(scratchFolder(), "c.json");
  writeFileSync(file, '{"out": "run", "steps": 5, "seed": 1}');
  assert.deepEqual(await readConfig(file, { steps: 9 }), parseConfig({ out: "run", steps: 9, seed: 1 }));
  writeFileSync(file, "out: run");
  await assert.rejects(readConfig(file), { code: "E_FORMAT" });
});
