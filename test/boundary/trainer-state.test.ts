/** Stored states: what a file says of itself, which files a trainer goes on from, and which it refuses. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainerOptions } from "../../lib/index.js";
import { TRAINER_FILE } from "../../lib/model/trainer.js";
import { readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { readTensors, type Tensor, writeTensors } from "../helpers/safetensors.js";
import { weightsOf, withFolder } from "../helpers/small-model.js";
import { changed, STEP, withTrainer } from "../helpers/training.js";

const PROJECTOR: TrainerOptions = { trainable: ["projector"], reference: true };

/** The six parameters of the projector with made-up values, as states were laid out before they named an optimiser. */
function madeUp(own: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const names = [...own.keys()].filter((name) => name.startsWith("master.")).map((name) => name.slice(7));
  assert.equal(names.length, 6);
  return Object.fromEntries(
    names.flatMap((name, i) =>
      ["master.", "m.", "v."].map((prefix, k) => {
        const { shape, data } = own.get(prefix + name) as Tensor;
        const value = (_: unknown, at: number) => Math.abs(Math.sin(1 + at + 7 * i)) / 10 ** k;
        return [prefix + name, { shape, data: Float32Array.from(data as Float32Array, value) }];
      }),
    ),
  );
}

test("a state says its steps, its optimiser and how many processes wrote it", async () => {
  await withTrainer(PROJECTOR, async (trainer) => {
    await trainer.step(STEP);
    await withFolder(async (dir) => {
      await trainer.save(dir);
      const { metadata } = await readSafetensorsHeader(join(dir, TRAINER_FILE));
      assert.deepEqual(metadata, { steps: "1", optimizer: "adamw", ranks: "1" });
    });
  });
});

test("a folder that is no path is refused by its name", async () => {
  const says = {
    code: "E_OPTION",
    message: /^option dir: expected a path, found (URL "file:.*; .*fileURL|3|none)/,
  };
  await withTrainer(PROJECTOR, async (trainer) => {
    for (const wrong of [new URL("file:///a/b"), 3, undefined] as never[]) {
      await assert.rejects(trainer.save(wrong), says);
      await assert.rejects(trainer.load(wrong), says);
    }
  });
});

test("a state of before, with its steps alone, opens bit for bit", async () => {
  await withTrainer(PROJECTOR, async (trainer, own) => {
    await withFolder(async (dir) => {
      const file = join(dir, TRAINER_FILE);
      await trainer.save(dir);
      const wanted = madeUp(await readTensors(file));
      await writeTensors(file, wanted, { steps: "7" });
      await trainer.load(dir);
      await trainer.save(dir);
      assert.deepEqual(Object.fromEntries(await readTensors(file)), wanted);
      assert.equal((await readSafetensorsHeader(file)).metadata.steps, "7");
      const weights = await weightsOf(own);
      const first = weights.get("multi_modal_projector.linear_1.weight");
      assert.deepEqual(first?.data, wanted["master.projector.fc1.weight"]?.data);
    });
  });
});

const REFUSED: [string, Record<string, string>, RegExp][] = [
  ["another optimiser", { steps: "1", optimizer: "adamw8" }, /'adamw8'.*'adamw'/],
  ["other processes", { steps: "1", ranks: "4" }, /4 processes.* 1/],
  ["no steps", { optimizer: "adamw" }, /steps undefined/],
  ["ranks that are no number", { steps: "1", ranks: "all" }, /ranks all/],
];

test("a state that this trainer cannot go on from is refused, and changes nothing", async () => {
  await withTrainer(PROJECTOR, async (trainer, own) => {
    const before = await weightsOf(own);
    await withFolder(async (dir) => {
      const file = join(dir, TRAINER_FILE);
      await trainer.save(dir);
      const wanted = madeUp(await readTensors(file));
      const expected = (message: RegExp) => ({ name: "EngineError", code: "E_FORMAT", message });
      for (const [what, metadata, message] of REFUSED) {
        await writeTensors(file, wanted, metadata);
        await assert.rejects(trainer.load(dir), expected(message), what);
      }
      const bias = wanted["m.projector.fc1.bias"] as Tensor;
      const integers = { shape: bias.shape, data: Int32Array.from(bias.data as Float32Array) };
      await writeTensors(file, { ...wanted, "m.projector.fc1.bias": integers }, { steps: "1" });
      await assert.rejects(trainer.load(dir), expected(/'I32'.*F32/));
    });
    assert.deepEqual(await changed(own, before), []);
  });
});
