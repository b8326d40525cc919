/** Which tokens of a reply count more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { answerWeights } from "../../../lib/sft/weights.js";

const weigh = (pieces: readonly string[]) =>
  answerWeights(4)({ id: "a", text: "", tokens: new Int32Array(pieces.length), pieces });

test("tokens that hold a character inside the last answer block count more, whatever their borders", () => {
  assert.deepEqual(weigh(["<answer>", "1", "</answer>"]), [1, 4, 1]);
  assert.deepEqual(
    weigh(["<answer>", "1", "</answer>", "<ans", "wer>3", ".", "5</", "answer>", "<|im_end|>"]),
    [1, 1, 1, 1, 4, 4, 4, 1, 1],
  );
  assert.deepEqual(weigh(["<answer>", "", "3", "", "</answer>", ""]), [1, 1, 4, 1, 1, 1]);
});

test("without a whole block every token counts alike", () => {
  for (const pieces of [
    ["3", ".5"],
    ["<answer>", "3"],
    ["3", "</answer>"],
    ["</answer>", "<answer>", "3"],
  ])
    assert.deepEqual(
      weigh(pieces),
      pieces.map(() => 1),
    );
});
