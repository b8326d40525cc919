/** A sample of `npm run endings:train`: runs that are ended at random moments come to the same weights. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { trainTrials } from "../endings/train-trials.js";

const TRIALS = 20;

test(`${TRIALS} runs ended at random moments and gone on with equal the uninterrupted one`, async () => {
  let place = 0;
  for await (const { ways, problems } of trainTrials(TRIALS, 1))
    assert.deepEqual(problems, [], `trial ${place++}: ${ways.join(", ")}`);
});
