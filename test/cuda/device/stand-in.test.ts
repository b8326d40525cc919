/** The stand-in device itself: what it catches, what its memory holds, how it runs out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadModel } from "../../../lib/index.js";
import { nativeBinding } from "../../../lib/native/load.js";
import { clean, prompt } from "./pairs.js";
import { missing, standIn } from "./stand-in.js";

describe("the stand-in device", { skip: missing ?? false }, () => {
  test("is a CUDA device to the engine", () => {
    assert.equal(nativeBinding().info().cuda, true);
  });

  test("catches host code in device memory, and operators in the host's", () => {
    const device = standIn();
    const before = device.counts().wrong;
    assert.equal(device.touch(), 1);
    assert.equal(device.counts().wrong - before, 1);
    assert.match(device.mix() ?? "", /on the same device.*index_select.*cpu/);
    assert.equal(device.counts().wrong - before, 2);
    assert.equal(device.damage(), "");
  });

  test("holds nothing after its models are gone", async () => {
    const model = await clean(() => loadModel("tiny", { device: "cuda", threads: 1 }));
    const held = standIn().memory().bytes;
    assert.ok(held > 0);
    model.dispose();
    const other = await loadModel("tiny", { device: "cuda", threads: 1 });
    assert.equal(standIn().memory().bytes, held);
    other.dispose();
  });

  test("that is too small says so, and the model goes on", async () => {
    const model = await loadModel("tiny", { device: "cuda", threads: 1 });
    try {
      const ask = {
        prompts: [{ ...prompt(model, 1), stream: "a", samples: 2 }],
        maxNewTokens: 4,
        temperature: 1,
      };
      const wanted = await model.generate(ask);
      standIn().setLimit(standIn().memory().bytes + 100_000);
      await assert.rejects(model.generate(ask), { code: "E_OUT_OF_MEMORY" });
      standIn().setLimit(0);
      assert.deepEqual(await clean(() => model.generate(ask)), wanted);
    } finally {
      standIn().setLimit(0);
      model.dispose();
    }
  });
});
