/** The commands of the README on real files, with the real engine and the tiny model that ships. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel } from "../../lib/index.js";
import { cli, run } from "../helpers/command.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

const lines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("score reads every video, lists what fails and says what the tiny model is", async () => {
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
    assert.match(result.reasoning as string, /blur (none|slight|moderate|severe)/);
    assert.equal((result.frameTimes as number[]).length, 6);
    assert.match(result.notice as string, /demonstration/);
  }
  assert.equal(failed.status, "failed");
  assert.equal((failed.error as { code: string }).code, "E_MEDIA");
  assert.match((failed.error as { message: string }).message, /broken\.mp4/);
});

test("score in words says that the tiny model is a demonstration", async () => {
  const { videos } = await renderedVideos(12);
  const { code, stdout, stderr } = await cli("score", videos[0] ?? "");
  assert.equal(code, 0);
  assert.match(stdout, /\d\.\d\d/);
  assert.match(stdout + stderr, /demonstration model/);
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

test("the example trains and leaves a checkpoint that opens", async () => {
  const { manifest } = await renderedVideos(12);
  const out = join(await scratch(), "trained");
  const { code, stdout, stderr } = await run("examples/train-tiny.js", manifest, out, "2");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /step 2: reward \d/);
  const model = await loadModel(out);
  model.dispose();
});
