/** A device that is too small: the message says what was planned and what was free, and nothing is half done. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadModel, openTrainer, type ScoringModel } from "../../../lib/index.js";
import { clipOfFrames } from "../../../lib/model/clip.js";
import { calibrateMotion } from "../../../lib/model/trainer.js";
import { gradients, logits, motionFeature } from "../../../lib/parity.js";
import { clean, POLICY_PARTS, policyStep, prompt, sampledAnswers } from "./pairs.js";
import { missing, standIn } from "./stand-in.js";

const step = (model: ScoringModel) => policyStep(model, [20, 21]);

/** Runs something with so many bytes left on the device; it must run out. */
async function withLeft(bytes: number, use: () => Promise<unknown>, message: RegExp): Promise<void> {
  standIn().setLimit(standIn().memory().bytes + bytes);
  try {
    await assert.rejects(use(), { code: "E_OUT_OF_MEMORY", message });
  } finally {
    standIn().setLimit(0);
  }
}

const load = () => loadModel("tiny", { device: "cuda", threads: 1 });

/** Every other call that computes on a model, with what its message says that it was going to hold. */
const CALLS: [string, RegExp, (model: ScoringModel) => Promise<unknown>][] = [
  ["generate", /keys and values of up to \d+ tokens/, sampledAnswers],
  [
    "logProbs",
    /activations of \d+ tokens in parts of up to \d+/,
    (model) => model.logProbs({ prompt: prompt(model, 1), completions: [Int32Array.of(30, 31, 32)] }),
  ],
  ["logits", /all logits of \d+ tokens/, (model) => logits(model, prompt(model, 1))],
  [
    "gradients",
    /a gradient of each weight, and activations of \d+ tokens/,
    (model) => {
      const input = prompt(model, 1);
      return gradients(model, { ...input, targets: input.inputIds });
    },
  ],
  [
    "motionFeature",
    /activations of \d+ frames/,
    (model) => {
      const { pixelValues, frames, imageSize } = prompt(model, 1);
      assert.ok(pixelValues && frames && imageSize);
      return motionFeature(model, { pixelValues, frames, imageSize });
    },
  ],
];

/** A model's running statistics, seen through what they make of a clip. */
const feature = async (model: ScoringModel) => {
  const { pixelValues, frames, imageSize } = prompt(model, 2);
  assert.ok(pixelValues && frames && imageSize);
  return (await motionFeature(model, { pixelValues, frames, imageSize })).data;
};

describe("a model on a device that is too small", { skip: missing ?? false }, () => {
  for (const [name, planned, call] of CALLS)
    test(`${name} says what it planned, and answers as before`, async () => {
      const other = await load();
      const wanted = await call(other);
      other.dispose();
      const model = await load(); // after the other one's memory is free, whose calls come first
      for (const bytes of [1, 200_000])
        await withLeft(
          bytes,
          () => call(model),
          new RegExp(`planned: weights of .*GB, and ${planned.source}\\).* free`),
        );
      assert.deepEqual(await clean(() => call(model)), wanted);
      model.dispose();
    });

  test("a calibration that fails on the way leaves no layer calibrated", async () => {
    const model = await load();
    const { frames, imageSize } = model.settings;
    const picture = (seed: number) => ({
      rgb: Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (seed * i * i) % 251),
      width: 48,
      height: 48,
    });
    const pictures = Array.from({ length: frames }, (_, f) => picture(3 + f));
    const clip = await clipOfFrames(pictures, imageSize, new Float64Array(frames));
    const before = await feature(model);
    let failed = 0;
    for (let bytes = 1 << 16; ; bytes *= 2) {
      standIn().setLimit(standIn().memory().bytes + bytes);
      try {
        await calibrateMotion(model, [clip]);
        break;
      } catch (error) {
        standIn().setLimit(0);
        assert.match(String(error), /planned: .*activations of \d+ frames\).* free/);
        assert.deepEqual(await feature(model), before, `${bytes} bytes`);
        failed += 1;
      } finally {
        standIn().setLimit(0);
      }
    }
    assert.ok(failed > 3, `${failed}`);
    assert.notDeepEqual(await feature(model), before);
    clip.dispose();
    model.dispose();
  });
});

describe("training on a device that is too small", { skip: missing ?? false }, () => {
  test("changes nothing, wherever memory runs out", async () => {
    const other = await load();
    const undisturbed = await openTrainer(other, POLICY_PARTS);
    const wanted = [await undisturbed.step(step(other)), await undisturbed.step(step(other))];
    undisturbed.dispose();
    other.dispose();

    const model = await load();
    // The first array of values, then the last of those that a trainer holds.
    for (const bytes of [100_000, 3_000_000])
      await withLeft(
        bytes,
        () => openTrainer(model, POLICY_PARTS),
        /planned: weights of .*GB, and for training .*GB\).* free/,
      );
    const trainer = await openTrainer(model, POLICY_PARTS);
    const found = [];
    for (const _ of wanted) {
      for (const bytes of [100_000, 1_000_000])
        await withLeft(
          bytes,
          () => trainer.step(step(model)),
          /planned: .*activations of \d+ tokens.*\).* free/,
        );
      found.push(await clean(() => trainer.step(step(model))));
    }
    assert.deepEqual(
      found.map((one) => ({ ...one, seconds: 0 })),
      wanted.map((one) => ({ ...one, seconds: 0 })),
    );
    trainer.dispose();
    model.dispose();
  });
});
