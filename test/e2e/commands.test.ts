/** The commands of the README on real files, with the real engine and the tiny model that ships. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { cli, run } from "../helpers/command.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("score reads every video, lists what fails and says what the small model is", async () => {
  const { videos } = await renderedVideos(12);
  const broken = join(await scratch(), "broken.mp4");
  await writeFile(broken, "not a video");
  const { code, stdout } = await cli("score", "--json", videos[0] ?? "", broken, videos[1] ?? "");
  assert.equal(code, 1);
  const [first = {}, failed = {}, last = {}] = lines(stdout);
  for (const result of [first, last]) {
    assert.equal(result.status, "ok");
    const score = result.score as number;
    assert.ok(score >= 1 && score <= 5, `${score}`);
    assert.deepEqual(result.scale, { min: 1, max: 5 });
    assert.match(result.reasoning as string, /clean|(faint|slight|moderate|strong|severe) [a-z]+/);
    assert.equal((result.frameTimes as number[]).length, 25);
    assert.match(result.notice as string, /no human opinions/);
  }
  assert.equal(failed.status, "failed");
  assert.equal((failed.error as { code: string }).code, "E_MEDIA");
  assert.match((failed.error as { message: string }).message, /broken\.mp4/);
});

test('without a card "auto", which is the default, is the CPU without a word', async (t) => {
  const model = await loadModel("tiny", { device: "auto" });
  const { device } = model;
  model.dispose();
  if (device !== "cpu") return t.skip("this machine has a card");
  const { videos } = await renderedVideos(12);
  const { code, stderr } = await cli("score", videos[0] ?? "");
  assert.equal(code, 0);
  assert.match(stderr, /^vqathinker's small checkpoint [^\n]*\n$/, "and nothing of a device");
});

test("score in words says that the small model heard no human opinion", async () => {
  const { videos } = await renderedVideos(12);
  const { code, stdout, stderr } = await cli("score", ...videos.slice(0, 3));
  assert.equal(code, 0);
  assert.equal(stdout.match(/ok: \d\.\d\d/g)?.length, 3);
  assert.equal(`${stdout}${stderr}`.match(/no human opinions/g)?.length, 1, "once for all videos");
});

test("wrong use ends with 2, a missing file with 1", async () => {
  assert.equal((await cli("score")).code, 2);
  assert.equal((await cli("score", "--no-such-flag", "x.mp4")).code, 2);
  assert.equal((await cli("score", "nowhere.mp4")).code, 1);
});

test("eval reports agreement and writes predictions", async () => {
  const { manifest } = await renderedVideos(12);
  const predictions = join(await scratch(), "predictions.jsonl");
  const { code, stdout } = await cli(
    "eval",
    "--data",
    manifest,
    "--model",
    "tiny",
    "--json",
    "--predictions",
    predictions,
  );
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as Record<string, number>;
  assert.deepEqual([report.listed, report.decoded, report.parsed], [12, 12, 12]);
  for (const name of ["srcc", "plcc", "krcc", "rmse"]) assert.ok(Number.isFinite(report[name]), name);
  const written = lines(await readFile(predictions, "utf8"));
  assert.deepEqual(Object.keys(written[0] ?? {}), ["video", "target", "score", "status"]);
  assert.equal(written.length, 12);
});

test("eval reads the released test JSON, tells absent and broken videos and writes the result CSV", async () => {
  const { dir, videos } = await renderedVideos(12);
  const folder = await scratch();
  const broken = join(folder, "broken, too.mp4");
  await writeFile(broken, "not a video");
  const found = videos.slice(0, 4).map((path, i) => [relative(dir, path), `${20 * i + 10}.50`]);
  const listed = [["gone/away.mp4", "7"], ...found, [broken, "50"]];
  const list = join(folder, "test.json");
  const annotations = listed.map(([image_id, score]) => ({ image_id, ann_type: "score", score }));
  await writeFile(list, JSON.stringify({ annotations }));
  const [csv, predictions] = [join(folder, "result.csv"), join(folder, "predictions.jsonl")];
  const args = ["--json", "--videos", dir, "--csv", csv, "--predictions", predictions];
  const { code, stdout, stderr } = await cli("eval", "--data", list, ...args);
  assert.equal(code, 1);
  const told = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual([told.listed, told.decoded, told.parsed], [6, 4, 4]);
  assert.deepEqual([told.absent, told.labelScale], [["gone/away.mp4"], 1]);
  assert.deepEqual((told.warnings as string[]).length, 1);
  assert.match(
    stderr,
    /^warning: 6 of 6 labels are not on the model's scale, 1 to 5: .* \(labelScale is --label-scale <factor>\)$/m,
  );
  assert.match(stderr, /^absent: gone\/away\.mp4: there is no file .*away\.mp4$/m);
  assert.match(stderr, /^failed: .*broken, too\.mp4: E_MEDIA: /m);
  const written = lines(await readFile(predictions, "utf8"));
  assert.deepEqual(
    written.map(({ status }) => status),
    ["absent", "ok", "ok", "ok", "ok", "failed"],
  );
  const scores = written.map(({ score }) => (score === null ? "" : String(score)));
  assert.equal(
    await readFile(csv, "utf8"),
    [
      "filename,pred_score,gt_score",
      `${join(dir, "gone/away.mp4")},,7`,
      ...found.map(([name = "", score], i) => `${join(dir, name)},${scores[i + 1]},${score}`),
      `"${broken}",,50`,
      "",
    ].join("\n"),
  );
  const again = await cli("eval", "--data", csv, "--label-scale", "0.05");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^warning: 2 of 6 labels /m);
  assert.match(again.stdout, new RegExp(`^SRCC  ${(told.srcc as number).toFixed(4)}$`, "m"));
  assert.match(again.stdout, /^n {5}6 listed, 4 decoded, 4 parsed, 1 absent\nabsent {2}.*away\.mp4\n$/m);
});

test("the example trains and leaves a checkpoint that opens", async () => {
  const { manifest } = await renderedVideos(12);
  const out = join(await scratch(), "trained");
  const { code, stdout, stderr } = await run("examples/train-tiny.js", manifest, out, "2");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /step 2: reward \d/);
  const model = await loadModel(out);
  model.dispose();
});
