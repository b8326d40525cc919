/** Absent videos, where they are looked for, and the one file that each may be meant to be: it is told and never taken. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { namesakes } from "../../../lib/data/namesakes.js";
import { checkPresent } from "../../../lib/data/presence.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { config, dataset, dir, run, stored } from "../../helpers/fake-run.js";
import { scratchFolder } from "../../helpers/video-files.js";

mkdirSync(join(dir, "folder.mp4"));
for (const name of ["a.mp4", "two.mp4", "two.avi", "clip.v1.mp4", "caf\u00e9.webm", "bare"])
  writeFileSync(join(dir, name), "");

test("the one file that is called alike, but for ending, capitals and accents", async () => {
  const cases: [string, string | null][] = [
    ["A.MP4", "a.mp4"],
    ["a", "a.mp4"],
    ["A", "a.mp4"],
    ["a.avi", "a.mp4"],
    ["clip.v1", "clip.v1.mp4"],
    ["cafe\u0301.WEBM", "caf\u00e9.webm"],
    ["bare.mp4", "bare"],
    ["two", null],
    ["TWO.MP4", null],
    ["folder", null],
    ["other", null],
    ["no/a.mp4", null],
  ];
  assert.deepEqual(
    await namesakes(cases.map(([name]) => join(dir, name))),
    cases.map(([, expected]) => expected),
  );
});

test("training and evaluation tell it and do not take it", async () => {
  const entry = (name: string) => ({ id: name, video: join(dir, name), name, score: 1 });
  await assert.rejects(checkPresent([entry("A.MP4"), entry("a.mp4"), entry("other.mp4")]), {
    code: "E_MEDIA",
    message:
      /^2 of 3 videos do not exist: \S+A\.MP4 \(a\.mp4 is there, and not taken: .*\), \S+other\.mp4; the option videos/,
  });
  const state = fakeState();
  const { predictions } = await evaluate(fakeModel(state), [entry("A.MP4"), entry("two"), entry("a.mp4")]);
  assert.deepEqual(
    predictions.map(({ status, similar }) => [status, similar]),
    [
      ["absent", "a.mp4"],
      ["absent", undefined],
      ["unparsed", undefined],
    ],
  );
  assert.deepEqual(state.opened, ["a.mp4"]);
});

test("long names of absent videos make no long message", async () => {
  const entries = ["x", "y", "z"].map((name) => ({
    video: join(dir, `\u001b[2J${`${name.repeat(200)}/`.repeat(8)}`),
  }));
  await assert.rejects(checkPresent(entries), ({ message }: Error) => {
    assert.ok(!message.includes("\u001b"));
    return message.length < 1000;
  });
});

test("absent videos are refused before the run folder is made: the first ones and how many", async () => {
  const absent = Array.from({ length: 5 }, (_, i) => ({ video: join(dir, `no${i}.mp4`), score: 2 }));
  const input = config();
  await assert.rejects(run(input, { dataset: [...dataset, ...absent] }), {
    code: "E_MEDIA",
    message: /^5 of 15 videos do not exist: \S+no0\.mp4, \S+no1\.mp4, \S+no2\.mp4, and 2 more; .*videos/,
  });
  assert.equal(existsSync(input.out), false);
});

test("videos are looked for in the folder that is named, for a list and for a dataset, and it is recorded", async () => {
  const other = scratchFolder();
  const list = join(other, "list.jsonl");
  writeFileSync(list, '{"video":"clip0-q10.mp4","score":2}\n');
  const once = { steps: 1, videosPerStep: 1, rewards: [{ name: "regression" as const }] };
  const listed = { dataset: undefined };
  await assert.rejects(run(config({ ...once, data: list }), listed), {
    code: "E_MEDIA",
    message: /^1 of 1 videos do not exist: /,
  });
  const { summary } = await run(config({ ...once, data: list, videos: dir }), listed);
  assert.equal(stored(summary.run)["videos"], dir);
  await run(config({ ...once, videos: dir }), { dataset: [{ video: "clip0-q10.mp4", score: 2 }] });
  await assert.rejects(run(config({ ...once, data: list, videos: list }), listed), {
    code: "E_OPTION",
    message: /videos: expected a folder, found ".*list\.jsonl"/,
  });
});
