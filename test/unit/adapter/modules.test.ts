/** Which linear layers PEFT's target_modules means. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { linearModules, targetedModules } from "../../../lib/adapter/modules.js";
import { surveyCheckpoint } from "../../../lib/checkpoint/survey.js";
import { goldenPath } from "../../helpers/goldens.js";

const { config } = await surveyCheckpoint(goldenPath("internvl/layer-norm"));
const modules = linearModules(config);
const targeted = (targets: readonly string[] | string) =>
  targetedModules(modules, targets, (place, expected, found, hint) => {
    return new Error(`targets${place}: ${expected}, ${JSON.stringify(found)}; ${hint}`);
  }).map(({ path }) => path);

test("every linear layer but the head, each with its rows of the engine's parameter", () => {
  // Two layers of the tower with six, two of the projector, two of the decoder with seven.
  assert.equal(modules.length, 2 * 6 + 2 + 2 * 7);
  const named = (path: string) => modules.find((module) => module.path === path);
  assert.deepEqual(named("model.language_model.layers.1.self_attn.k_proj"), {
    path: "model.language_model.layers.1.self_attn.k_proj",
    stored: "language_model.model.layers.1.self_attn.k_proj",
    weight: "language.layers.1.attn.qkv.weight",
    firstRow: 32,
    rows: 16,
    columns: 32,
  });
  assert.equal(named("model.multi_modal_projector.linear_1")?.weight, "projector.fc1.weight");
  assert.deepEqual(
    modules.filter(({ path }) => /head|embed|norm|patch/.test(path)),
    [],
  );
});

test("names end a path, whole paths are one layer, a text is an expression of the whole path", () => {
  assert.equal(targeted(["q_proj"]).length, 4);
  assert.deepEqual(targeted(["layers.0.self_attn.q_proj"]), [
    "model.language_model.layers.0.self_attn.q_proj",
  ]);
  const whole = "model.vision_tower.encoder.layer.1.mlp.fc1";
  assert.deepEqual(targeted([whole]), [whole]);
  assert.equal(targeted(String.raw`.*language_model.*\.(q_proj|v_proj)`).length, 4);
  assert.equal(targeted("all-linear").length, modules.length);
});

test("a name or an expression of no layer is refused, beside others that are", () => {
  assert.throws(() => targeted(["q_proj", "qproj"]), /targets\[1\]: .*"qproj"; did you mean "q_proj"/);
  assert.throws(() => targeted(["lm_head"]), /targets\[0\]: .*"lm_head"/);
  assert.throws(() => targeted(["proj"]), /targets\[0\]/);
  assert.throws(() => targeted([]), /at least one module/);
  // The spelling of checkpoints, which transformers 5 has no more.
  assert.throws(() => targeted(String.raw`language_model\.model\..*q_proj`), /whole path, such as model\./);
  assert.throws(() => targeted("q_proj"), /whole path/);
  assert.throws(() => targeted("(q_proj"), /a regular expression/);
});
