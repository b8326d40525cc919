/** What `score` prints, on a model without tensors. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { jsonLine, lines, scorePaths } from "../../../lib/cli/score.js";
import { modelScorer } from "../../../lib/infer/model-scorer.js";
import type { VideoScore } from "../../../lib/infer/video-score.js";
import { expandPaths } from "../../../lib/video/files.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
mkdirSync(join(dir, "videos", "more"), { recursive: true });
mkdirSync(join(dir, "none"));
for (const name of [
  "videos/b-q20.MP4",
  "videos/a-q10.mkv",
  "videos/notes.txt",
  "videos/more/c-q30.webm",
  "none/readme.md",
]) {
  writeFileSync(join(dir, name), "");
}

async function printed(
  paths: string[],
  format: (result: VideoScore) => string,
): Promise<{ out: string[]; failed: number }> {
  const out: string[] = [];
  const failed = await scorePaths(
    modelScorer(fakeModel(fakeState())),
    await expandPaths(paths),
    {},
    (result) => out.push(...format(result).split("\n")),
  );
  return { out, failed };
}

test("what was passed over in a folder is said on stderr, what cannot be read as a result", async (t) => {
  const root = join(dir, "left");
  mkdirSync(join(root, ".cache"), { recursive: true });
  for (const name of ["a-q10.mp4", "._a-q10.mp4", "code.ts"]) writeFileSync(join(root, name), "export {};");
  const said: string[] = [];
  t.mock.method(process.stderr, "write", (line: string) => said.push(line) > 0);
  const { out, failed } = await printed([root], (result) => lines(result, "a fake"));
  t.mock.restoreAll();
  assert.equal(failed, 0);
  assert.equal(out[0], join(root, "a-q10.mp4"));
  assert.deepEqual(said, [`${root}: passed over: hidden 2, named like transport streams but none 1\n`]);
});

test("JSON: one object a line with the documented keys", async () => {
  const { out, failed } = await printed([join(dir, "none"), join(dir, "videos"), "broken.mp4"], jsonLine);
  const rows = out.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(failed, 2);
  assert.deepEqual(
    rows.map(({ status }) => status),
    ["failed", "ok", "ok", "ok", "failed"],
  );
  const keys = ["file", "score", "scale", "status", "reasoning", "answer", "frameTimes", "seconds"];
  assert.deepEqual(Object.keys(rows[1] ?? {}), [...keys, "notice"]);
  assert.deepEqual(Object.keys(rows[0] ?? {}), [...keys, "error", "notice"]);
  assert.equal((rows[0]?.["error"] as { code?: string } | undefined)?.code, "E_MEDIA");
  assert.deepEqual([rows[1]?.["score"], rows[1]?.["scale"]], [1, { min: 1, max: 5 }]);
});

test("text: score, scale, status, reasoning and what is said of the video", async () => {
  const paths = ["a-q37.mp4", "broken.mp4"];
  const told = async (notice: string | null) => (await printed(paths, (one) => lines(one, notice))).out;
  const silent = [
    "a-q37.mp4",
    "  ok: 3.70 on a scale of 1 to 5",
    "  reasoning: looks fine",
    "broken.mp4",
    "  failed: E_MEDIA: broken.mp4: broken",
  ];
  assert.deepEqual(await told("a fake"), silent, "it was said before all videos");
  assert.deepEqual(await told(null), [...silent.slice(0, 2), "  a fake", ...silent.slice(2)]);
});

test("the expected score stands beside the score, in text and in JSON", async () => {
  const out: VideoScore[] = [];
  const scorer = modelScorer(fakeModel(fakeState()), { expected: true });
  await scorePaths(scorer, await expandPaths(["a-q37.mp4", "broken.mp4"]), {}, (result) => out.push(result));
  // Without tensors all 41 numbers are as likely: 1.045 to 4.945, 3.70 for 3.745, and 5.
  const mean =
    (Array.from({ length: 40 }, (_, i) => 1.045 + i / 10).reduce((a, b) => a + b) - 0.045 + 5) / 41;
  const [first, broken] = out as [VideoScore, VideoScore];
  assert.equal(
    lines(first, "a fake").split("\n")[1],
    `  ok: 3.70, expected ${mean.toFixed(3)} (100 % of the probability), on a scale of 1 to 5`,
  );
  const { expected, expectedMass } = JSON.parse(jsonLine(first)) as VideoScore;
  assert.ok(Math.abs((expected ?? 0) - mean) < 1e-9);
  assert.equal(expectedMass, 1);
  assert.match(jsonLine(broken), /"score":null,"expected":null,"expectedMass":null,/);
  const unread = { ...first, expected: null, expectedMass: null };
  assert.match(lines(unread, null), /ok: 3\.70, expected unread, on a scale/);
  assert.doesNotMatch(lines({ ...unread, score: null, status: "unparsed" }, null), /expected/);
});
