/** Abort signals, before and during: the caller gets the signal's own reason, nothing changed, everything goes on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openTrainer, type StepOptions } from "../../lib/index.js";
import { nativeBinding } from "../../lib/native/load.js";
import { logits } from "../../lib/parity.js";
import { endlessSampling } from "../helpers/sampling.js";
import { openSmall, type SmallModel, smallPrompt, textIds, weightsOf } from "../helpers/small-model.js";
import { makeVideo, scratchFolder } from "../helpers/video-files.js";

const PROMPT = smallPrompt(1);
const REASON = new Error("a reason of the caller's own");

const scratch = scratchFolder();
let video: string;
let model: SmallModel;
before(async () => {
  video = makeVideo(join(scratch, "a.mp4"), { size: "320x240", frames: 200 });
  model = await openSmall();
});
after(() => model.dispose());

/** Rejects with REASON itself, not with a copy. */
async function assertAborted(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (failure) => failure === REASON);
}

/** A job behind all others, without a clip. */
const stillWorks = () => logits(model, smallPrompt(3, { frames: 0 }));

/** Calls `start` and aborts it once the engine is at it: a job asked for just before has ended. */
async function abortUnderWay(start: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const ahead = stillWorks();
  const call = start(controller.signal);
  call.catch(() => {});
  await ahead;
  controller.abort(REASON);
  await assertAborted(call);
}

/** Hundreds of micro-batches, with a safe point before each. */
function longStep(signal?: AbortSignal): StepOptions {
  const group = { prompt: smallPrompt(2), completions: [textIds(1, 6), textIds(2, 6)], advantages: [1, -1] };
  return { groups: new Array<typeof group>(600).fill(group), loss: "grpo", learningRate: 0.01, signal };
}

test("a signal that is aborted already", async () => {
  const signal = AbortSignal.abort(REASON);
  await assertAborted(model.generate({ ...endlessSampling(), signal }));
  await assertAborted(model.logProbs({ prompt: PROMPT, completions: [textIds(1, 3)], signal }));
  await assertAborted(model.openClip(video, { frames: 4, size: 56, signal }));
  const own = await openSmall();
  const trainer = await openTrainer(own, { trainable: ["language"] });
  const before = await weightsOf(own);
  await assertAborted(trainer.step(longStep(signal)));
  assert.deepEqual(await weightsOf(own), before);
  trainer.dispose();
  own.dispose();
  await stillWorks();
});

test("generate, under way", async () => {
  await abortUnderWay((signal) => model.generate({ ...endlessSampling(), signal }));
  await stillWorks();
});

test("a step, under way: no weight moved, no state kept", async () => {
  const once = { ...longStep(), groups: longStep().groups.slice(0, 1) };
  const after: Awaited<ReturnType<typeof weightsOf>>[] = [];
  for (const interrupted of [false, true]) {
    const own = await openSmall();
    const trainer = await openTrainer(own, {
      trainable: ["vision", "projector", "language"],
      microTokens: 1,
    });
    if (interrupted) {
      const before = await weightsOf(own);
      await abortUnderWay((signal) => trainer.step(longStep(signal)));
      assert.deepEqual(await weightsOf(own), before);
    }
    await trainer.step(once);
    after.push(await weightsOf(own));
    trainer.dispose();
    own.dispose();
  }
  assert.deepEqual(after[1], after[0]);
});

test("jobs that wait behind a long one", async () => {
  const long = new AbortController();
  const waiting = new AbortController();
  const holder = model.generate({ ...endlessSampling(), signal: long.signal });
  const calls = [
    model.logProbs({ prompt: PROMPT, completions: [textIds(1, 3)], signal: waiting.signal }),
    model.generate({ ...endlessSampling(), signal: waiting.signal }),
  ];
  const kept = model.logProbs({ prompt: PROMPT, completions: [textIds(1, 3)] });
  waiting.abort(REASON);
  long.abort(REASON);
  await assertAborted(holder);
  for (const call of calls) await assertAborted(call);
  assert.equal((await kept)[0]?.length, 3);
});

test("openClip, under way, leaves no clip behind", async () => {
  await stillWorks();
  const { liveClips } = nativeBinding().info();
  for (const wait of [0, 1]) {
    const controller = new AbortController();
    const call = model.openClip(video, { frames: 150, size: 56, signal: controller.signal });
    call.catch(() => {});
    if (wait > 0) await stillWorks();
    controller.abort(REASON);
    await assertAborted(call);
  }
  await stillWorks();
  assert.equal(nativeBinding().info().liveClips, liveClips);
  const clip = await model.openClip(video, { frames: 3, size: 56 });
  clip.dispose();
});

test("a signal that comes after the end changes nothing", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const completions = [textIds(1, 3)];
  const expected = await model.logProbs({ prompt: PROMPT, completions });
  assert.deepEqual(await model.logProbs({ prompt: PROMPT, completions, signal }), expected);
  controller.abort(REASON);
  assert.deepEqual(await model.logProbs({ prompt: PROMPT, completions }), expected);
});
