/** NIQE as a scorer: means over frames, and videos that have no value, which fail alone and say why. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  evaluate,
  niqe,
  niqeFeatures,
  niqeScorer,
  readNiqeModel,
  scoreMany,
  type VideoScore,
} from "../../../lib/index.js";
import { formulaFrame } from "../../helpers/formula-frames.js";
import { goldenPath } from "../../helpers/goldens.js";
import { picture, pictureVideo } from "../../helpers/pictures.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const at = (name: string) => join(dir, name);
const model = await readNiqeModel(goldenPath("niqe/model.json"));
const SIDES = [192, 96] as const;
const measured = async (kind: string) =>
  niqe(model, await niqeFeatures(formulaFrame(kind, ...SIDES), ...SIDES)) ?? Number.NaN;
const [texture, noisy] = [await measured("texture"), await measured("noisy")];

const mixed = pictureVideo(at("mixed.mkv"), ["texture", "flat", "noisy", "noisy"], ...SIDES);
const flat = pictureVideo(at("flat.mkv"), ["flat", "flat"], ...SIDES);
const tiny = pictureVideo(at("tiny.mkv"), ["texture"], 190, 90);
const still = await picture(at("still.png"), "texture", ...SIDES);

async function scored(paths: readonly string[], options = {}): Promise<VideoScore[]> {
  const results: VideoScore[] = [];
  for await (const result of scoreMany(niqeScorer(model, options), paths)) results.push(result);
  return results;
}

test("a video's score is the mean over its frames; those that are too flat are counted", async () => {
  const [video, one] = await scored([mixed, still]);
  assert.deepEqual([video?.status, video?.scale], ["ok", { min: 0, max: Infinity }]);
  assert.ok(Math.abs((video?.score ?? 0) - (texture + 2 * noisy) / 3) < 1e-12);
  assert.deepEqual(video?.frameTimes, [0, 0.2, 0.4, 0.6]);
  assert.match(video?.notice ?? "", /lower is better.* 1 of 4 frames are too flat to be measured\.$/);
  assert.equal(one?.score, texture);
  assert.doesNotMatch(one?.notice ?? "", /flat|fitted/);
});

test("fewer frames are the middle ones of equal parts", async () => {
  const [video] = await scored([mixed], { frames: 2 });
  assert.deepEqual(video?.frameTimes, [0.2, 0.6]);
  assert.equal(video?.score, noisy);
});

test("a video that is flat, and one whose frames are too small, fail alone with their reason", async () => {
  const results = await scored([flat, tiny, still]);
  assert.deepEqual(
    results.map(({ status, error }) => error?.code ?? status),
    ["E_NUMERIC", "E_MEDIA", "ok"],
  );
  assert.match(results[0]?.error?.message ?? "", /flat\.mkv: all of its 2 frames are too flat for NIQE/);
  assert.match(
    results[1]?.error?.message ?? "",
    /tiny\.mkv: .*at least 96 × 96 pixels for NIQE, found 190 × 90/,
  );
});

test("evaluate takes it: against opinions its correlation is negative", async () => {
  const entries = [still, mixed, flat].map((video, i) => ({ id: video, video, score: 5 - i }));
  const report = await evaluate(niqeScorer(model), entries);
  assert.deepEqual([report.srcc, report.decoded, report.parsed], [texture < noisy ? -1 : 1, 2, 2]);
});

test("one that was fitted here says so; what is no model or option is refused", async () => {
  const fitted = { pictures: 4, blocks: 50, sharpness: 0.75, version: "1.0.0" };
  assert.match(
    niqeScorer({ ...model, fitted }).notice ?? "",
    /of 50 blocks of 4 pictures is fitted here: no published/,
  );
  assert.throws(() => niqeScorer({} as never), { code: "E_OPTION", message: /model\.mean/ });
  assert.throws(() => niqeScorer(model, { frame: 3 } as never), {
    code: "E_OPTION",
    message: /did you mean frames\?/,
  });
  assert.throws(() => niqe({} as never, { features: new Float64Array(36) }), { code: "E_OPTION" });
});
