/** A sample of `npm run endings:scoring`: what is ended three times comes to the same as at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { scoringTrial } from "../endings/scoring-trial.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

for (const scoring of ["eval", "score"] as const)
  test(`${scoring} of 8 videos, killed, interrupted and hung up, then gone on with`, async () => {
    const { videos } = await renderedVideos(8);
    const { kept, problems } = await scoringTrial(scoring, await scratch(), videos);
    assert.deepEqual(problems, []);
    assert.deepEqual(kept, [2, 4, 6]);
  });
