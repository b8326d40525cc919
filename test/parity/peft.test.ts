/** Adapters of PEFT: what a model computes with them, apart and merged, and ten updates of them; recipe: recipes/peft_steps.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadAdapter, mergeAdapter, openTrainer, saveAdapter } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { assertNear } from "../helpers/closeness.js";
import { goldenPath } from "../helpers/goldens.js";
import { assertLessons, assertSameWay, type LessonFacts } from "../helpers/lessons.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { readTensors } from "../helpers/safetensors.js";
import { openSmall, withFolder } from "../helpers/small-model.js";

interface Facts extends LessonFacts {
  readonly lessons: string;
}

const KINDS = ["lora", "dora", "rslora"] as const;
const LOGITS = 1e-6;
const FILE = "adapter_model.safetensors";

for (const kind of KINDS)
  test(`${kind}: PEFT's logits, apart and merged into the weights`, async () => {
    const recorded = await readRecorded<Facts>(`peft/${kind}/record`);
    const model = await openSmall();
    const prompt = recordedPrompt(recorded);
    const without = await logits(model, prompt);
    await loadAdapter(model, goldenPath(`peft/${kind}`));
    const expected = recorded.floats("logits");
    assert.ok(without.data.some((value, i) => Math.abs(value - (expected[i] as number)) > 1e-3));
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assertNear((await logits(model, prompt)).data, expected, LOGITS * largest, "apart");
    await mergeAdapter(model);
    assertNear((await logits(model, prompt)).data, expected, LOGITS * largest, "merged");
    model.dispose();
  });

for (const kind of KINDS)
  test(`${kind}: written as it was read, bit for bit`, async () => {
    const model = await openSmall();
    await loadAdapter(model, goldenPath(`peft/${kind}`));
    await withFolder(async (dir) => {
      await saveAdapter(model, dir);
      assert.deepEqual(
        await readTensors(join(dir, FILE)),
        await readTensors(goldenPath(`peft/${kind}/${FILE}`)),
      );
      const again = await openSmall();
      await loadAdapter(again, dir);
      again.dispose();
    });
    model.dispose();
  });

for (const kind of KINDS)
  test(`${kind}: losses, norms and the way of ten updates by PEFT and the Trainer of transformers`, async () => {
    const { facts } = await readRecorded<Facts>(`peft/${kind}/record`);
    const model = await openSmall();
    await loadAdapter(model, goldenPath(`peft/${kind}`));
    const trainer = await openTrainer(model, { trainable: ["adapters"], optimizer: facts.optimizer });
    await assertLessons(trainer, await readRecorded(facts.lessons), facts);
    await withFolder(async (dir) => {
      await saveAdapter(model, dir);
      const [start, theirs] = [FILE, "after.safetensors"].map((name) => goldenPath(`peft/${kind}/${name}`));
      const own = await readTensors(join(dir, FILE));
      assertSameWay(await readTensors(start ?? ""), own, await readTensors(theirs ?? ""));
    });
    trainer.dispose();
    model.dispose();
  });
