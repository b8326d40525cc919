/** `threads` is the process's: of everything in it that computes, and the last model that asks decides. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { clipOfFrames } from "../../lib/model/clip.js";
import { nativeBinding } from "../../lib/native/load.js";
import { resize } from "../../lib/parity.js";
import { goldenPath } from "../helpers/goldens.js";

/** Large enough that its lines are shared out. */
const [WIDTH, HEIGHT] = [1280, 720];
const picture = { rgb: new Uint8Array(WIDTH * HEIGHT * 3).fill(7), width: WIDTH, height: HEIGHT };
const SIZE = 224;

const open = (threads: number) => loadModel(goldenPath("internvl/layer-norm"), { threads });
const threadsOfProcess = () => readdirSync("/proc/self/task").length;

/** Resizes several frames at once, as clips that are opened together do. */
async function resizeFrames(): Promise<void> {
  (await clipOfFrames(new Array(6).fill(picture), SIZE, new Float64Array(6))).dispose();
}

test("so many threads resize, however many frames there are at once", async (t) => {
  if (process.platform !== "linux") return t.skip("threads are counted in /proc");
  const one = await open(1);
  // The thread that resizes, and the runtime's own, begin with their first work.
  (await clipOfFrames([{ rgb: new Uint8Array(3), width: 1, height: 1 }], 1, new Float64Array(1))).dispose();
  const before = threadsOfProcess();
  await resizeFrames();
  resize(picture.rgb, WIDTH, HEIGHT, SIZE, SIZE);
  assert.equal(threadsOfProcess(), before);
  const three = await open(3);
  await resizeFrames();
  assert.equal(threadsOfProcess(), before + 2);
  one.dispose();
  three.dispose();
});

test("the last model that asks decides for all; one that does not ask changes nothing", async () => {
  const models = [await open(2), await open(1)];
  assert.equal(nativeBinding().info().threads, 1);
  models.push(await loadModel(goldenPath("internvl/layer-norm")));
  assert.equal(nativeBinding().info().threads, 1);
  for (const model of models) model.dispose();
});
