/** What may be written of a model with an adapter, and when: after changes of its base, beside other calls, after its end. */
import assert from "node:assert/strict";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  addAdapter,
  loadAdapter,
  loadModel,
  type Model,
  mergeAdapter,
  openTrainer,
  saveAdapter,
} from "../../lib/index.js";
import { clipOfFrames } from "../../lib/model/clip.js";
import { calibrateMotion } from "../../lib/model/trainer.js";
import { goldenPath } from "../helpers/goldens.js";
import { openSmall, withFolder } from "../helpers/small-model.js";

const ADAPTER = { targets: ["q_proj", "v_proj"], rank: 2 };
const SAVE_FIRST = /save the model first \(model\.save\), then open what it wrote .*add the adapter there/;

/** What changes the weights of a base, and the words that say so of an adapter on it. */
const CHANGES: [what: string, change: (model: Model) => Promise<void>, said: RegExp][] = [
  [
    "a merge",
    async (model) => {
      await addAdapter(model, ADAPTER);
      await mergeAdapter(model);
    },
    /an adapter was merged into it: /,
  ],
  [
    "a merge of what was read",
    async (model) => {
      await loadAdapter(model, goldenPath("peft/lora"));
      await mergeAdapter(model);
    },
    /an adapter was merged into it: /,
  ],
  [
    "a trainer of other parts",
    async (model) => (await openTrainer(model, { trainable: ["projector", "motionProjector"] })).dispose(),
    /; projector of it changed: /,
  ],
  [
    "a calibrated motion net",
    async (model) => {
      const rgb = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (3 * i * i) % 251);
      const pictures = Array.from({ length: 4 }, () => ({ rgb, width: 48, height: 48 }));
      await calibrateMotion(model, [await clipOfFrames(pictures, 224, new Float64Array(4))]);
    },
    /; motion of it changed: /,
  ],
];
for (const [what, change, said] of CHANGES)
  test(`after ${what} an adapter is not written as one of the base that was opened`, () =>
    withFolder(async (root) => {
      const dir = join(root, "adapter");
      const read = what.endsWith("was read");
      const model = await openSmall(read ? undefined : "motion");
      await change(model);
      if (read) await loadAdapter(model, goldenPath("peft/lora"));
      else await addAdapter(model, ADAPTER);
      for (const message of [said, SAVE_FIRST])
        await assert.rejects(saveAdapter(model, dir), { code: "E_OPTION", message });
      assert.deepEqual(await readdir(root), []);
      model.dispose();
    }));

test("saved first, and opened from there, it is", () =>
  withFolder(async (root) => {
    const first = await openSmall("motion");
    await addAdapter(first, ADAPTER);
    await mergeAdapter(first);
    await first.save(join(root, "merged"));
    first.dispose();
    const model = await loadModel(join(root, "merged"), { threads: 1 });
    await addAdapter(model, ADAPTER);
    await saveAdapter(model, join(root, "adapter"));
    model.dispose();
    const opened = await loadModel(join(root, "adapter"), { threads: 1 });
    assert.equal(opened.dir, join(root, "merged"));
    opened.dispose();
  }));

test("a model is not saved while an adapter comes or goes, nor changed while it is saved", () =>
  withFolder(async (root) => {
    const model = await openSmall();
    const calls: [(dir: string) => Promise<void>, (dir: string) => Promise<void>][] = [
      [() => loadAdapter(model, goldenPath("peft/lora")), (dir) => model.save(dir)],
      [() => mergeAdapter(model), (dir) => model.save(dir)],
      [(dir) => model.save(dir), () => addAdapter(model, ADAPTER)],
    ];
    for (const [i, [first, second]] of calls.entries()) {
      const [one, other] = [join(root, `${i}`), join(root, `${i}b`)];
      const [done, refused] = await Promise.allSettled([first(one), second(other)]);
      assert.equal(done.status, "fulfilled", String(i));
      assert.equal((refused as PromiseRejectedResult).reason?.code, i === 1 ? "E_OPTION" : "E_BUSY");
    }
    const twice = ["x", "y"].map((name) => join(root, name));
    await Promise.all(twice.map((dir) => model.save(dir)));
    await addAdapter(model, ADAPTER);
    model.dispose();
  }));

test("neither a model nor an adapter is written into a folder of the other", () =>
  withFolder(async (root) => {
    const [base, adapter] = [join(root, "base"), join(root, "adapter")];
    await cp(goldenPath("internvl/layer-norm"), base, { recursive: true });
    const model = await openSmall();
    const before = await readdir(base);
    await addAdapter(model, ADAPTER);
    await assert.rejects(saveAdapter(model, base), {
      code: "E_OPTION",
      message: /^option dir: expected a folder without a model, found .*base"; config\.json is there$/,
    });
    await saveAdapter(model, adapter);
    await mergeAdapter(model);
    const written = await readdir(adapter);
    await assert.rejects(model.save(adapter), { code: "E_OPTION", message: /a folder without an adapter/ });
    assert.deepEqual([await readdir(base), await readdir(adapter)], [before, written]);
    model.dispose();
  }));

test("a model that was disposed of while its adapter came says that, and not that it has none", async () => {
  const model = await openSmall();
  const coming = addAdapter(model, ADAPTER);
  model.dispose();
  await coming.catch((error: { code?: string }) => assert.equal(error.code, "E_DISPOSED"));
  const calls = [
    () => saveAdapter(model, "/nowhere"),
    () => mergeAdapter(model),
    () => openTrainer(model, { trainable: ["adapters"] }),
    () => addAdapter(model, ADAPTER),
    () => loadAdapter(model, goldenPath("peft/lora")),
    () => model.save("/nowhere"),
  ];
  for (const call of calls) await assert.rejects(call(), { code: "E_DISPOSED" });
});
