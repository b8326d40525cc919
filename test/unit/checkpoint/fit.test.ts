/** What a run asks of a checkpoint that it cannot give, told before its weights are read. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkFits, checkVisualTokens } from "../../../lib/checkpoint/fit.js";
import { nativeEngine } from "../../../lib/run/engine.js";
import { train } from "../../../lib/run/train.js";
import { scratchFolder } from "../../helpers/video-files.js";

const shape = { patch: 14, hasMotion: false };
const says = (message: RegExp) => ({ code: "E_OPTION", message });

test("a size that patches do not fill, a part that is not there", () => {
  checkFits(shape, { imageSize: 448, trainable: ["vision", "language"] });
  checkFits({ ...shape, hasMotion: true }, { trainable: ["motionProjector"] });
  for (const imageSize of [100, 14, 0, 449])
    assert.throws(() => checkFits(shape, { imageSize, trainable: [] }), says(/imageSize: .*multiple of 28/));
  assert.throws(
    () => checkFits(shape, { trainable: ["language", "motionProjector"] }),
    says(/option trainable: .*found "motionProjector"; .*slowfast/),
  );
});

test("a run is refused by it before its model is opened", async () => {
  const dir = scratchFolder();
  const dataset = [0, 1].map((i) => ({ video: join(dir, `${i}.mp4`), score: 2 }));
  for (const { video } of dataset) writeFileSync(video, "");
  const engine = { ...nativeEngine, openModel: () => assert.fail("the model was opened") };
  const config = { model: "tiny", out: join(dir, "run"), videosPerStep: 2, imageSize: 100 };
  await assert.rejects(train(config, { dataset }, engine), says(/imageSize: .*multiple of 16, found 100/));
  assert.equal(existsSync(config.out), false);
});

test("more visual tokens than any prompt takes", () => {
  const slots = (frames: number, visualTokens: number) => ({ frames, visualTokens, motion: false });
  checkVisualTokens(slots(4096, 256), 448);
  const many = { code: "E_OPTION", message: /option frames: expected at most 4096, found 4097/ };
  assert.throws(() => checkVisualTokens(slots(4097, 256), 448), many);
  const large = { code: "E_OPTION", message: /option imageSize: expected a smaller side, found 99999984/ };
  assert.throws(() => checkVisualTokens(slots(1, 2 ** 20 + 1), 99999984), large);
});
