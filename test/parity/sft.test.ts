/** Ten updates of supervised fine-tuning against the Trainer of transformers; recipe: recipes/sft.py. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openTrainer } from "../../lib/index.js";
import { goldenPath } from "../helpers/goldens.js";
import { assertLessons, assertSameWay, type LessonFacts } from "../helpers/lessons.js";
import { readRecorded } from "../helpers/recorded-case.js";
import { readTensors } from "../helpers/safetensors.js";
import { openSmall, weightsOf } from "../helpers/small-model.js";

test("losses, norms and the way of all weights, replies to one prompt packed behind it", async () => {
  const lessons = await readRecorded<LessonFacts>("sft/replies");
  const { optimizer, steps } = lessons.facts;
  const model = await openSmall();
  const trainer = await openTrainer(model, { trainable: ["vision", "projector", "language"], optimizer });
  try {
    const start = await weightsOf(model);
    assert.equal(await assertLessons(trainer, lessons, lessons.facts), steps.length / 2);
    assertSameWay(start, await weightsOf(model), await readTensors(goldenPath("sft/after.safetensors")));
  } finally {
    trainer.dispose();
    model.dispose();
  }
});
