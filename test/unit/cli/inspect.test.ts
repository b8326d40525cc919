/** inspect: the folder told on one screen, the card's verdict, and what does not fit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { text } from "../../../lib/cli/inspect.js";
import { parseCard } from "../../../lib/inspection/cards.js";
import { inspectCheckpoint } from "../../../lib/inspection/inspection.js";
import { goldenPath } from "../../helpers/goldens.js";
import { bendJson, bendWeights, copyCheckpoint } from "../../helpers/tiny-checkpoint.js";

test("counts what each part holds", async () => {
  const found = await inspectCheckpoint(goldenPath("internvl/layer-norm"));
  const { vision, projector, language, motion, total } = found.parameters;
  assert.equal(found.layout, "hf");
  assert.equal(found.family, null);
  assert.deepEqual(found.problems, []);
  assert.equal(motion, 0);
  assert.equal(total, vision + projector + language);
  // F32, and nothing in the file but parameters.
  assert.equal(found.fileBytes, 4 * total);
  assert.match(text(found, null), /everything fits, but it has no tokenizer, so that it cannot be asked/);
  assert.match(text({ ...found, hasTokenizer: true }, null), /everything fits$/m);
});

test("running statistics are no parameters; counters are skipped and listed", async () => {
  const found = await inspectCheckpoint(goldenPath("internvl/motion"));
  assert.ok(found.parameters.motion > 0);
  assert.ok(4 * found.parameters.total < found.fileBytes);
});

test("says what fits a card", async () => {
  const found = await inspectCheckpoint(goldenPath("internvl/motion"));
  assert.match(text(found, parseCard("h200")), /train, full .* fits h200/);
  assert.match(text(found, parseCard("0.001")), /train, full .* does not fit 0\.001/);
  assert.equal(parseCard("H100").bytes, 80 * 2 ** 30);
  assert.throws(() => parseCard("abacus"), { code: "E_OPTION", message: /card/ });
});

test("lists what does not fit instead of stopping at it", async () => {
  const dir = await copyCheckpoint("layer-norm");
  await bendWeights(dir, (tensors) => {
    delete tensors["vision_tower.encoder.layer.0.lambda_1"];
  });
  await bendJson<{ text_config: { intermediate_size: number } }>(dir, "config.json", (config) => {
    config.text_config.intermediate_size = 52;
  });
  const found = await inspectCheckpoint(dir);
  assert.ok(found.problems.some((problem) => /lambda_1 is missing/.test(problem)));
  assert.ok(
    found.problems.some((problem) =>
      /gate_proj\.weight has shape \[48,32\], expected \[52,32\]/.test(problem),
    ),
  );
  assert.match(text(found, null), /7 things do not fit/);
});

test("frames that no prompt holds are refused by option, more than the positions trained for are not", async () => {
  const dir = shippedCheckpoint("tiny") ?? "";
  for (const frames of [100_000_000, 65_537])
    await assert.rejects(inspectCheckpoint(dir, { frames }), {
      code: "E_OPTION",
      message: /option frames: expected at most 65536, found .* is 16 tokens/,
    });
  await assert.rejects(inspectCheckpoint(dir, { imageSize: 28 * 1_000_000 * 16 }), {
    code: "E_OPTION",
    message: /option imageSize: expected a smaller side/,
  });
  assert.equal((await inspectCheckpoint(dir, { frames: 40 })).tokensPerVideo.frames, 40);
});
