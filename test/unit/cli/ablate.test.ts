/** `ablate` refuses what it can before anything is made, and needs no libtorch for that. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { findTool } from "../../../lib/video/tools.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const main = join(packageRoot(), "dist", "lib", "cli", "main.js");

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = dir) {
  return spawnSync(process.execPath, [main, "ablate", ...args], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, VQAT_LIBTORCH: "/nowhere", ...env },
  });
}

test("wrong use ends with 2, says what was wrong, and makes nothing", () => {
  writeFileSync(join(dir, "list.csv"), "video,score\ngone.mp4,1\n");
  writeFileSync(join(dir, "keys.json"), JSON.stringify({ motion: false }));
  writeFileSync(join(dir, "typo.json"), JSON.stringify({ learningRat: 1 }));
  writeFileSync(join(dir, "list.json"), "[]");
  mkdirSync(join(dir, "full"));
  writeFileSync(join(dir, "full", "config.json"), "{}");
  const lists = ["--data", "list.csv", "--in-domain", "list.csv", "--out-of-domain", "list.csv"];
  for (const name of ["a.mp4", "b.mp4"]) writeFileSync(join(dir, name), "");
  writeFileSync(join(dir, "there.csv"), "video,score\na.mp4,1\nb.mp4,2\n");
  symlinkSync("there.csv", join(dir, "also.csv"));
  writeFileSync(join(dir, "many.json"), JSON.stringify({ videosPerStep: 9 }));
  writeFileSync(
    join(dir, "decay.json"),
    JSON.stringify({ schedule: "warmup-stable-decay", scheduleDecaySteps: 500, steps: 20 }),
  );
  writeFileSync(
    join(dir, "replies.jsonl"),
    '{"video":"a.mp4","reply":"<think>So.</think><answer>2.00</answer>"}\n{"video":"b.mp4","reply":"2"}\n',
  );
  const one = ["--in-domain", "there.csv", "--out-of-domain", "there.csv"];
  const there = ["--data", "there.csv", ...one, "--videos-per-step", "2"];
  const replies = ["--start-replies", "replies.jsonl"];
  const made = readdirSync(dir).sort();
  const cases: [string[], number, RegExp][] = [
    [[], 2, /required option '--out <dir>'/],
    [["--out", "x", "--table", "5"], 2, /Allowed choices are 4/],
    [["--out", "x", "--seeds", "0"], 2, /option seeds: .*found 0/],
    [["--out", "x", "--rows", "rank,fll"], 2, /option rows: .*did you mean "full"/],
    [["--out", "x", "--rows", "rank", "fll"], 2, /option rows: .*did you mean "full"/],
    [["--out", "x", "--in-domain", "list.csv"], 2, /option inDomain: .* \(--in-domain\)/],
    [["--out", "x", "--data", "list.csv"], 2, /option inDomain: expected one list/],
    [["--out", "x", ...lists, "--clips", "9"], 2, /option clips: expected none beside lists/],
    [["--out", "x", ...lists, "--model", "mine"], 2, /option prompt: .*docs\/presets\.md/],
    [["--out", "x", "--config", "keys.json"], 2, /option config\.motion: expected none, found false/],
    [["--out", "x", "--config", "typo.json"], 2, /did you mean learningRate/],
    [["--out", "x", "--config", "list.json"], 1, /E_FORMAT: list\.json: expected a JSON object/],
    [["--out", "x", "--start-steps", "0"], 2, /option startSteps: .*found 0 \(--start-steps\)/],
    [
      ["--out", "x", ...there, "--start-config", "many.json"],
      2,
      /option startConfig\.videosPerStep: expected at most 8, found 9/,
    ],
    [
      ["--out", "x", ...there, ...replies, "--start-config", "many.json"],
      2,
      /videosPerStep: expected at most 1,/,
    ],
    [["--out", "x", ...there, "--start-config", "decay.json"], 2, /option startConfig\.scheduleDecaySteps: /],
    [
      ["--out", "x", ...there, "--start-replies", "there.csv"],
      1,
      /E_FORMAT: .*there\.csv: the 0 answers hold none/,
    ],
    [["--out", "x", ...there, "--start-replies", "keys.json"], 1, /E_FORMAT: .*keys\.json/],
    [
      ["--out", "x", ...there, "--out-of-domain", "there.csv", "./there.csv"],
      2,
      /option outOfDomain: expected each list once.*\(--out-of-domain\)/,
    ],
    [
      ["--out", "x", ...there, "--in-domain", "there.csv", "also.csv"],
      2,
      /option inDomain: expected each list once/,
    ],
    [["--out", "x", "--videos-per-step", "1"], 2, /videosPerStep/],
    [["--out", "x", "--clips", "9"], 2, /option videosPerStep: expected at most 9/],
    [
      ["--out", "x", ...lists],
      1,
      /E_MEDIA: 1 of 1 videos do not exist: .*; the key videos of config \(--config\) names/,
    ],
    [["--out", "full"], 2, /config\.json is there; choose another one/],
    [["--out", "x", "--json", "full"], 2, /option json: .*is a folder/],
    [["--out", "x", ...lists, "--json", "list.csv"], 2, /option json: /],
    [["--out", "x"], 1, /E_NO_LIBTORCH/],
  ];
  for (const [args, code, message] of cases) {
    const { status, stderr, stdout } = run(args);
    assert.match(stderr, message, args.join(" "));
    assert.deepEqual([status, stdout], [code, ""], `${args.join(" ")}: ${stderr}`);
  }
  assert.deepEqual(readdirSync(dir).sort(), made);
});

test("the numbers go to no file that is read and to none of its folder", () => {
  const at = join(dir, "inputs");
  mkdirSync(at);
  writeFileSync(join(at, "start.json"), "{}");
  const start = ["--start-config", "start.json"];
  for (const [name, message] of [
    ["start.json", /^E_OPTION: option json: expected another file than that of startConfig/],
    ["abl/numbers.json", /^E_OPTION: option json: expected a file outside the ablation's own folder/],
  ] as const) {
    const { status, stderr } = run(["--out", "abl", ...start, "--json", name], {}, at);
    assert.match(stderr, message);
    assert.equal(status, 2, name);
  }
  assert.deepEqual(readdirSync(at), ["start.json"]);
  assert.equal(readFileSync(join(at, "start.json"), "utf8"), "{}");
});

test("an ffmpeg without x264 is refused before anything is made; with lists of one's own it is not asked", () => {
  const ffmpeg = join(dir, "ffmpeg-without");
  const script = `#!/bin/sh\ncase "$*" in *libx264*) echo "Unknown encoder 'libx264'" >&2; exit 1;; esac\nexec '${findTool("ffmpeg")}' "$@"\n`;
  writeFileSync(ffmpeg, script);
  chmodSync(ffmpeg, 0o755);
  const { status, stderr } = run(["--out", "y"], { FFMPEG_PATH: ffmpeg });
  assert.match(stderr, /^E_NO_FFMPEG: .*libx264, or name lists of videos.*Unknown encoder/);
  assert.equal(status, 1);
  assert.equal(existsSync(join(dir, "y")), false);
});
