/** A measure without weights beside models: mean brightness through `evaluate` and `scoreMany`, with no libtorch. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate, frameScorer, loadModel, scoreMany } from "../../../lib/index.js";
import { goldenPath } from "../../helpers/goldens.js";
import { ffmpeg, scratchFolder } from "../../helpers/video-files.js";

// Whatever opens the addon fails.
process.env["VQAT_LIBTORCH"] = "/nowhere";
const dir = scratchFolder();

/** Five frames of one grey; its mean is the level itself. */
function grey(level: number): string {
  const file = join(dir, `${level}.mkv`);
  const colour = `color=0x${level.toString(16).padStart(2, "0").repeat(3)}:size=32x16:rate=5:duration=1`;
  ffmpeg("-f", "lavfi", "-i", `${colour},format=gbrp`, "-c:v", "ffv1", file);
  return file;
}

const brightness = frameScorer({
  scale: { min: 0, max: 255 },
  plan: { frames: 2 },
  async score({ read }) {
    let [sum, count] = [0, 0];
    await read((_position, rgb) => {
      sum = rgb.reduce((all, value) => all + value, sum);
      count += rgb.length;
    });
    return { number: sum / count, text: null, choice: sum / count < 128 ? "dark" : "light" };
  },
});

const broken = join(dir, "broken.mkv");
writeFileSync(broken, "not a video");
const videos = [grey(200), grey(16), broken, grey(90)];

test("mean brightness is evaluated as a model is", async () => {
  const listed = [...videos, join(dir, "absent.mkv")];
  const entries = listed.map((video, i) => ({ id: video, video, score: [5, 1, 2, 3, 2][i] ?? 0 }));
  const report = await evaluate(brightness, entries, { batchSize: 2 });
  assert.deepEqual([report.listed, report.decoded, report.parsed, report.srcc], [5, 3, 3, 1]);
  const scores = report.predictions.map(({ score, status }) => score ?? status);
  assert.deepEqual(scores, [200, 16, "failed", 90, "absent"]);
});

test("its results say scale, choice and times; paths may come as they are found", async () => {
  async function* found() {
    yield* videos;
  }
  const choices: unknown[] = [];
  for await (const { choice, status, scale, frameTimes, reasoning } of scoreMany(brightness, found())) {
    choices.push(choice ?? status);
    assert.deepEqual([scale, reasoning], [{ min: 0, max: 255 }, null]);
    if (status === "ok") assert.deepEqual(frameTimes, [0.2, 0.6]);
  }
  assert.deepEqual(choices, ["light", "dark", "failed", "dark"]);
  await assert.rejects(loadModel("tiny"), { code: "E_NO_LIBTORCH" });
});

test("a result says what must be said of its video, beside what the scorer wants said", async () => {
  const file = goldenPath("clips/mid-group.mkv");
  const said: unknown[] = [];
  for (const notice of [undefined, "A toy."])
    for await (const result of scoreMany({ ...brightness, notice }, [file, videos[0] ?? ""]))
      said.push(result.notice);
  const lost = "7 packets show nothing: the video begins, or was joined, between two key frames.";
  assert.deepEqual(said, [lost, undefined, `A toy. ${lost}`, "A toy."]);
});
