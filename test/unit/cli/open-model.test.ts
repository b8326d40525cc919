/** What score and eval refuse before a weight is read, where libtorch is there: here one that does not open. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import { openJournal } from "../../../lib/infer/journal-file.js";
import { journalSubject } from "../../../lib/infer/journal-subject.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const main = join(packageRoot(), "dist", "lib", "cli", "main.js");
const libtorch = join(dir, "libtorch");
mkdirSync(join(libtorch, "lib"), { recursive: true });
writeFileSync(join(libtorch, "lib", "libtorch_cpu.so"), "no library");
mkdirSync(join(dir, "none"));
writeFileSync(join(dir, "a.mp4"), "never opened");
writeFileSync(join(dir, "l.csv"), "video,score\na.mp4,3\ngone.mp4,2\n");
writeFileSync(join(dir, "absent.csv"), "video,score\ngone.mp4,3\nlost.mp4,2\n");
writeFileSync(join(dir, "slots.txt"), "How good is <IMG_CONTEXT>?");

/** Whoever reads a weight opens libtorch first, and meets this. */
const WORKED = /^E_UNAVAILABLE: .*libtorch_cpu\.so/;

function run(line: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...line.split(" ")], {
    cwd: dir,
    encoding: "utf8",
    env: { ...process.env, VQAT_LIBTORCH: libtorch },
  });
}

const REFUSED: readonly [line: string, message: RegExp][] = [
  [
    "--image-size 100",
    /^E_OPTION: option imageSize: expected a multiple of 16, found 100 \(--image-size\)$/m,
  ],
  ["--frames 1000000", /^E_OPTION: option frames: expected at most 65536, found 1000000; /],
  ["--prompt slots.txt", /^E_OPTION: .*<IMG_CONTEXT>/],
  ["--device tpu", /^E_OPTION: option device: /],
];

for (const command of ["score a.mp4 --model tiny", "eval --data l.csv --model tiny"])
  test(`${command}: what flags and config.json show is refused before a weight is read`, () => {
    for (const [flags, message] of REFUSED) {
      const { status, stderr } = run(`${command} ${flags}`);
      assert.match(stderr, message, flags);
      assert.deepEqual([status, stderr.split("\n").length], [2, 2], flags);
    }
    assert.match(run(command).stderr, WORKED);
  });

test("videos of which none is there are refused before a weight is read", () => {
  for (const [line, message] of [
    ["score gone.mp4", /^E_MEDIA: gone\.mp4: no such file/],
    [
      "score gone.mp4 none --json",
      /^E_MEDIA: none: expected video files .*; nor can the other one be read$/m,
    ],
    ["eval --data absent.csv", /^E_MEDIA: 2 of 2 videos do not exist: .*gone\.mp4, .*lost\.mp4; /],
  ] as const) {
    const { status, stdout, stderr } = run(line);
    assert.match(stderr, message, line);
    assert.deepEqual([status, stdout], [1, ""], line);
  }
  assert.match(run("score gone.mp4 a.mp4").stderr, WORKED, "one is there");
});

test("videos whose results are kept need not be there any more", async () => {
  const gone = join(dir, "gone.mp4");
  const subject = await journalSubject({ dir: shippedCheckpoint("small") ?? "" }, {}, [gone]);
  const onTrouble = assert.fail;
  const journal = await openJournal(join(dir, "o.jsonl.journal"), subject, { resume: false, onTrouble });
  const scale = { min: 1, max: 5 };
  const said = { reasoning: null, answer: "3", frameTimes: [0], seconds: 1 };
  const result = { file: "gone.mp4", score: 3, scale, status: "ok" as const, ...said };
  await journal.keep([{ place: 0, result }]);
  await journal.close();
  const { stderr } = run("score gone.mp4 --out o.jsonl --resume");
  assert.match(stderr, /^1 of 1 results are taken from .*o\.jsonl\.journal\n.*\nE_UNAVAILABLE: /);
});
