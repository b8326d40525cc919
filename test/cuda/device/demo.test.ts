/** The demonstration's training on the stand-in device: its first steps sample what they sample on the CPU. */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { withFolder } from "../../helpers/small-model.js";
import { firstParting } from "./demo-parting.js";
import { demoRun } from "./demo-run.js";
import { clean } from "./pairs.js";
import { missing } from "./stand-in.js";

const STEPS = 3;
const VIDEOS = 6;
/** Of the demonstration's 16: its whole steps are `npm run demo:stand-in`. */
const VIDEOS_PER_STEP = 2;

test("the same tokens in steps 1 to 3", { skip: missing ?? false }, async () => {
  await withFolder(async (dir) => {
    const on = async (device: string) => {
      const folder = join(dir, device);
      await mkdir(folder);
      return demoRun(folder, device, STEPS, VIDEOS, { videosPerStep: VIDEOS_PER_STEP });
    };
    const cpu = await on("cpu");
    const cuda = await clean(() => on("cuda"));
    assert.equal(cpu.rollouts.length, STEPS);
    assert.equal(cpu.rewards.length, STEPS);
    assert.equal(firstParting(cpu, cuda), null);
    assert.deepEqual(cuda.rewards, cpu.rewards);
  });
});
