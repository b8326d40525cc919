/** What a rollout takes, in bytes of tensors that the engine counts: the plan's, for one call with all prompts of a step. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { surveyCheckpoint } from "../../lib/checkpoint/survey.js";
import { openClip } from "../../lib/index.js";
import { type RolloutPlan, rolloutBytes } from "../../lib/inspection/rollout-memory.js";
import { tensorMemory } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";
import { openSmall, smallPrompt } from "../helpers/small-model.js";
import { makeVideo, scratchFolder } from "../helpers/video-files.js";

/** As `bench:memory` holds a process to it. */
const TOLERANCE = 0.1;
tensorMemory();
const video = makeVideo(join(scratchFolder(), "a.mp4"));

/** Where caches rule, where frames rule, several prompts in one pass of both. */
const SHAPES = [
  { prompts: 4, samples: 8, maxNewTokens: 400, frames: 1, size: 56 },
  { prompts: 1, samples: 2, maxNewTokens: 4, frames: 2, size: 448 },
  { prompts: 6, samples: 4, maxNewTokens: 64, frames: 2, size: 112 },
];

for (const checkpoint of ["layer-norm", "rms-norm", "motion"] as const)
  test(`${checkpoint}: a rollout is planned as the engine counts it`, async () => {
    const { config, mapped: parameters } = await surveyCheckpoint(goldenPath(`internvl/${checkpoint}`));
    for (const { prompts: count, samples, maxNewTokens, frames, size } of SHAPES) {
      const open = () => openClip(video, { frames, size, sampling: "uniform" });
      const clips = await Promise.all(Array.from({ length: count }, open));
      const model = await openSmall(checkpoint);
      const { inputIds } = smallPrompt(3, { frames, size, motion: checkpoint === "motion" });
      const prompts = clips.map((clip, i) => ({ inputIds, clip, stream: BigInt(i), samples }));
      tensorMemory();
      await model.generate({ prompts, maxNewTokens, temperature: 1 });
      // What the frozen tower keeps stays behind the call.
      const { bytes, peakBytes } = tensorMemory();
      const found = peakBytes - bytes;
      for (const one of [model, ...clips]) one.dispose();
      const plan: RolloutPlan = {
        dtype: "float32",
        prompts: count,
        clips: count,
        answers: count * samples,
        frames,
        size,
        promptTokens: inputIds.length,
        maxNewTokens,
        frozenTower: true,
      };
      const planned = rolloutBytes({ config, parameters }, plan);
      const what = `${checkpoint}, ${JSON.stringify(plan)}: planned ${planned}, found ${found}`;
      assert.ok(Math.abs(found / planned - 1) <= TOLERANCE, what);
    }
  });
