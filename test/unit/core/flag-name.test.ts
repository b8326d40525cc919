/** How a key is written as a flag. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flagOf, unitOf } from "../../../lib/core/flag-name.js";

test("words are parted, and a unit is one word", () => {
  const flags = ["steps", "videosPerStep", "topK", "clipCacheMiB", "sizeGB", "rewardTimeoutMs", "lowMBytes"];
  assert.deepEqual(flags.map(flagOf), [
    "--steps",
    "--videos-per-step",
    "--top-k",
    "--clip-cache-mib",
    "--size-gb",
    "--reward-timeout-ms",
    "--low-m-bytes",
  ]);
  assert.deepEqual(flags.slice(2, 5).map(unitOf), [null, "MiB", "GB"]);
});
