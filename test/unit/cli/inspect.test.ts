/** inspect: the folder told on one screen, the card's verdict, and what does not fit. */
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { text } from "../../../lib/cli/inspect.js";
import { parseCard } from "../../../lib/inspection/cards.js";
import { inspectCheckpoint } from "../../../lib/inspection/inspection.js";
import { TRAIN_PLAN_NAMES } from "../../../lib/inspection/train-plans.js";
import { makeHollowCheckpoint } from "../../../lib/random-checkpoint/random-checkpoint.js";
import { goldenPath } from "../../helpers/goldens.js";
import { bendJson, bendWeights, copyCheckpoint } from "../../helpers/tiny-checkpoint.js";
import { scratchFolder } from "../../helpers/video-files.js";

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
  assert.match(
    text(found, null),
    /complete: every tensor has its place, but it has no tokenizer, so that it cannot be asked/,
  );
  assert.match(text({ ...found, hasTokenizer: true }, null), /complete: every tensor has its place$/m);
});

test("running statistics are no parameters; counters are skipped and listed", async () => {
  const found = await inspectCheckpoint(goldenPath("internvl/motion"));
  assert.ok(found.parameters.motion > 0);
  assert.ok(4 * found.parameters.total < found.fileBytes);
});

test("says what fits a card", async () => {
  const told = async (name: string) => {
    const card = parseCard(name);
    return text(await inspectCheckpoint(goldenPath("internvl/motion"), { cardBytes: card.bytes }), card);
  };
  const large = await told("h200");
  assert.match(large, /^ +train +8 videos in a step, 4 answers of 256 tokens to each/m);
  for (const name of TRAIN_PLAN_NAMES)
    assert.match(
      large,
      new RegExp(`^ +${name} +fits h200: [\\d.]+ GiB, up to 3 videos in a micro-batch$`, "m"),
    );
  assert.match(
    await told("0.001"),
    /^ +full +does not fit 0\.001: .* with recompute, one video in a micro-batch$/m,
  );
  assert.equal(parseCard("H100").bytes, 80 * 2 ** 30);
  assert.throws(() => parseCard("abacus"), { code: "E_OPTION", message: /card/ });
});

test("8B on 141 GiB: whole parts with moments in 8 bits fit beside float32 masters, and LoRA of rank 64", async () => {
  const dir = join(scratchFolder(), "8b");
  await makeHollowCheckpoint(dir, { like: "internvl3-8b" });
  const card = parseCard("h200");
  const found = await inspectCheckpoint(dir, { frames: 6, imageSize: 448, cardBytes: card.bytes });
  const said = text(found, card);
  assert.match(
    said,
    /^ +eightBit +fits h200: 1\d\d\.\d\d GiB.*\n +bfloat16, float32 masters, AdamW in 8 bits$/m,
  );
  assert.match(
    said,
    /^ +lora +fits h200: .*\n +bfloat16, LoRA of rank 64 on the decoder, AdamW in float32$/m,
  );
  // Sixteen bytes a value and a reference are more than it has.
  assert.match(said, /^ +full +does not fit h200/m);
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

test("frames that the checkpoint's fragments do not fill are refused as scoring would refuse them", async () => {
  const dir = join(scratchFolder(), "cut");
  cpSync(shippedCheckpoint("tiny") ?? "", dir, { recursive: true });
  await bendJson<Record<string, unknown>>(dir, "vqathinker.json", (settings) => {
    Object.assign(settings, { frames: 9, sampling: "fragments" });
  });
  assert.equal((await inspectCheckpoint(dir)).tokensPerVideo.frames, 9);
  assert.equal((await inspectCheckpoint(dir, { frames: 13 })).tokensPerVideo.frames, 13);
  await assert.rejects(inspectCheckpoint(dir, { frames: 12 }), {
    code: "E_OPTION",
    message: /^option frames: .*such as 13, found 12/,
  });
  await assert.rejects(inspectCheckpoint(dir, { imageSize: 112 }), {
    message: /^option imageSize: .*found 112/,
  });
  const released = { template: "released-train", frames: 6, question: "How good?" };
  assert.equal((await inspectCheckpoint(dir, released)).tokensPerVideo.frames, 6);
});
