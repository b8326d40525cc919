/** How often a card would be waited for: copies in either direction and single values, counted. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Clip, openTrainer } from "../../../lib/index.js";
import { clipOfFrames } from "../../../lib/model/clip.js";
import { clean, closePair, openPair, type Pair, prompt } from "./pairs.js";
import { missing, standIn, waits } from "./stand-in.js";

const MOST_PER_DECODE_STEP = 2;
const MOST_PER_POLICY_STEP = 8;

describe("waiting for the stand-in device", { skip: missing ?? false }, () => {
  let pair: Pair;
  let clips: Clip[];
  before(async () => {
    pair = await openPair("float32");
    const { frames, imageSize } = pair.cuda.settings;
    const noise = (seed: number) => Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (seed * i * i) % 251);
    const open = (seed: number) => {
      const pictures = Array.from({ length: frames }, (_, f) => ({
        rgb: noise(seed + f),
        width: 48,
        height: 48,
      }));
      return clipOfFrames(pictures, imageSize, new Float64Array(frames));
    };
    clips = [await open(3), await open(40)];
  });
  after(() => {
    for (const clip of clips) clip.dispose();
    closePair(pair);
  });
  const asked = () =>
    clips.map((clip, i) => ({ inputIds: prompt(pair.cpu, 0).inputIds, clip, stream: `s${i}`, samples: 2 }));

  for (const sampling of [{ temperature: 1 }, { temperature: 1, topK: 20, topP: 0.9 }, { temperature: 0 }]) {
    test(`a decode step, ${JSON.stringify(sampling)}`, async () => {
      const end = [412, 413];
      const counted = async (maxNewTokens: number) => {
        standIn().reset();
        const options = { prompts: asked(), maxNewTokens, suppress: end, ...sampling };
        const { groups } = await clean(() => pair.cuda.generate(options));
        assert.ok(groups.flat().every(({ tokens }) => tokens.length === maxNewTokens));
        assert.deepEqual(standIn().counts().streams, [standIn().stream]);
        return waits(standIn().counts());
      };
      const [few, many] = [await counted(3), await counted(9)];
      assert.ok((many - few) / 6 <= MOST_PER_DECODE_STEP, `${(many - few) / 6}`);
    });
  }

  test("a step of GRPO with reference, two groups, one micro-batch, clips on the device", async () => {
    const trainer = await openTrainer(pair.cuda, {
      trainable: ["projector", "language", "motionProjector"],
      reference: true,
    });
    const groups = asked().map(({ inputIds, clip }) => ({
      prompt: { inputIds, clip },
      completions: [6, 9, 1].map((length) => Int32Array.from({ length }, (_, i) => 10 + 3 * i)),
      advantages: [1, -0.5, 0.25],
    }));
    const step = { groups, loss: "grpo" as const, beta: 0.04, learningRate: 1e-3, maxGradNorm: 1 };
    await trainer.step(step);
    standIn().reset();
    await clean(() => trainer.step(step));
    const counts = standIn().counts();
    trainer.dispose();
    assert.ok(waits(counts) <= MOST_PER_POLICY_STEP, JSON.stringify(counts));
    assert.deepEqual(counts.streams, [standIn().stream]);
  });
});
