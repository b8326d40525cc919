/** Gradients of every tensor of the tiny model on the stand-in device against the CPU. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gradients } from "../../../lib/parity.js";
import { norm } from "../../helpers/closeness.js";
import { assertGradientsNear } from "../../helpers/trainer-gradients.js";
import { clean, closePair, openPair, type Pair, prompt, rms } from "./pairs.js";
import { missing } from "./stand-in.js";

const RELATIVE = 1e-5;
const LOSS_RELATIVE = 1e-6;
/** A gradient that is 0 by law is noise of this size against all gradients together, in bfloat16. */
const NOISE = 2 ** -8;
/** Below this share of all gradients a float32 gradient is rounding alone. */
const ZERO_BY_LAW = 1e-6;

describe("gradients on the stand-in device", { skip: missing ?? false }, () => {
  let float: Pair;
  let narrow: Pair;
  before(async () => {
    float = await openPair("float32");
    narrow = await openPair("bfloat16");
  });
  after(() => {
    closePair(float);
    closePair(narrow);
  });

  const measure = async (model: Pair["cpu"]) => {
    const input = prompt(float.cpu, 3);
    const { inputIds } = input;
    const last = inputIds.length - 1;
    const targets = Int32Array.from(inputIds, (_, i) =>
      i < last && i > last - 12 ? (inputIds[i + 1] as number) : -100,
    );
    const found = await gradients(model, { ...input, targets });
    const named = Object.entries(found.gradients).map(([name, { data }]) => [name, data] as const);
    return { loss: found.loss, gradients: Object.fromEntries(named) };
  };

  test("float32: of every tensor", async () => {
    const expected = await measure(float.cpu);
    const found = await clean(() => measure(float.cuda));
    assert.ok(Math.abs(found.loss - expected.loss) <= LOSS_RELATIVE * Math.abs(expected.loss));
    assert.deepEqual(Object.keys(found.gradients), Object.keys(expected.gradients));
    assertGradientsNear(found.gradients, expected.gradients, RELATIVE);
  });

  test("bfloat16: of every tensor, at most twice the CPU's own distance to float32", async () => {
    const [exact, own] = [await measure(float.cpu), await measure(narrow.cpu)];
    const found = await clean(() => measure(narrow.cuda));
    const all = norm(Object.values(exact.gradients).map(norm));
    for (const [name, gradient] of Object.entries(exact.gradients)) {
      const theirs = found.gradients[name] as Float32Array;
      const zero = norm(gradient) <= ZERO_BY_LAW * all;
      if (zero) assert.ok(norm(theirs) <= NOISE * all, `${name}: ${norm(theirs)} of ${all}`);
      else {
        const [ours, bound] = [rms(theirs, gradient), 2 * rms(own.gradients[name] as Float32Array, gradient)];
        assert.ok(ours <= bound, `${name}: ${ours}, at most ${bound}`);
      }
    }
  });
});
