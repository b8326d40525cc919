/** The command line as a process: help without libtorch, exit codes, messages of wrong use. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const main = join(packageRoot(), "dist", "lib", "cli", "main.js");

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  // No libtorch may be needed for any of these.
  return spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { ...process.env, VQAT_LIBTORCH: "/nowhere" },
  });
}

test("help works without libtorch and names every command", () => {
  const { status, stdout } = run("--help");
  assert.equal(status, 0);
  for (const command of ["score", "train", "eval", "doctor", "setup"])
    assert.match(stdout, new RegExp(`^  ${command} `, "m"));
  for (const name of stdout.matchAll(/^ {2}([a-z-]+) /gm)) {
    if (name[1] === "help") continue;
    const own = run(name[1] as string, "--help");
    assert.ok(own.stdout.startsWith(`Usage: vqathinker ${name[1]} `), name[1]);
  }
  const { stdout: train } = run("train", "--help");
  for (const flag of ["--learning-rate <number>", "--videos <dir>", "--label-scale <factor>"])
    assert.ok(train.includes(flag), flag);
});

test("wrong use ends with 2 and says what was wrong", () => {
  const list = join(dir, "list.csv");
  writeFileSync(list, "video,score\na.mp4,1\n");
  const cases: [string[], RegExp][] = [
    [["score"], /missing required argument 'paths'/],
    [["eval"], /--data/],
    [["eval", "--data", list, "--label-scale", "0"], /option labelScale: .*above 0, found 0/],
    [["eval", "--data", list, "--videos", list], /option videos: expected a folder, found ".*list\.csv"/],
    [["train", "--out", "x", "--label-scale", "-20"], /option labelScale: .*found -20/],
    [["scores"], /unknown command 'scores'.*\n.*score/],
    [["toString"], /unknown command 'toString'/],
    [["train", "--learning-rte", "1"], /--learning-rate/],
    [["train", "--steps", "many", "--out", "x"], /expected a whole number/],
    [["train"], /option out: expected a text, found none; --out says it: Run folder to make\.$/m],
    [["train", "--data", list], /option out: .* --out says it: Run folder to make\.$/m],
    [["train", "--out", "x"], /option data: expected a list of videos with scores, .*none.*--data/],
    [["score", ""], /option paths: expected a text that is not empty, found ""$/m],
    [["score", "a.mp4", "--prompt", ""], /option prompt: expected a text that is not empty, found ""$/m],
    [["eval", "--data", list, "--csv", ""], /option csv: expected a text that is not empty, found ""$/m],
    [["eval", "--data", ""], /option data: expected a text that is not empty, found ""$/m],
    [["train", "--resume", ""], /option resume: expected a text that is not empty, found ""$/m],
    [
      ["train", "--resume", "x", "--seed", "1"],
      /option seed: .*goes on.*found 1; .*npx vqathinker train --model/,
    ],
    [["train", "--resume", "x", "--data", "d", "--keep", "1"], /option keep: .*found 1;/],
    [
      ["train", "--resume", "x", "--videos-per-step", "2"],
      /option videosPerStep: .* \(--videos-per-step\)$/m,
    ],
    [["train", "--resume", "x", "--schedule", "linear"], /option schedule: expected none: .*found "linear";/],
    [["train", "--resume", "x", "--config", "c.json"], /option config: .*found "c\.json"; .*to train longer/],
    [
      ["train", "--out", "x", "--clip-cache-mib", "-1"],
      /option clipCacheMiB: .*found -1 \(--clip-cache-mib\)$/m,
    ],
    [["train", "--out", "x", "--label-range", "0-100"], /expected two numbers such as 0:100/],
    [["score", "a.mp4", "--batch-size", "0"], /option batchSize: .*≥ 1, found 0 \(--batch-size\)$/m],
    [["score", "a.mp4", "--image-size", "0"], /option imageSize: .*≥ 1, found 0 \(--image-size\)$/m],
    [["score", "a.mp4", "--frames", "-1"], /option frames: .*≥ 1, found -1$/m],
    [["score", "a.mp4", "--max-new-tokens", "0"], /option maxNewTokens: .*found 0 \(--max-new-tokens\)$/m],
    [["score", "a.mp4", "--temperature", "-1"], /option temperature: .*found -1$/m],
    [["score", "a.mp4", "--top-k", "0"], /option topK: .*found 0 \(--top-k\)$/m],
    [
      ["score", "a.mp4", "--top-p", "2"],
      /option topP: expected a number above 0 and at most 1, found 2 \(--top-p\)$/m,
    ],
    [["score", "a.mp4", "--device", "tpu"], /option device: expected auto, cpu or cuda, found "tpu"$/m],
    [["score", "a.mp4", "--device", "cuda:99999999999"], /option device: expected auto, cpu or cuda, found/m],
    [
      ["score", "a.mp4", "--device", "cuda:01"],
      /option device: expected auto, cpu or cuda, found "cuda:01"$/m,
    ],
    [["score", "a.mp4", "--threads", "0"], /option threads: .*found 0$/m],
    [["eval", "--data", list, "--top-k", "0"], /option topK: .*found 0 \(--top-k\)$/m],
    [
      ["train", "--data", list, "--out", "x", "--videos-per-step", "1"],
      /at least 2 .*\(--videos-per-step\)$/m,
    ],
    [["train", "--out", "x", "--samples", "1"], /option samples: expected a number of at least 2, found 1$/m],
    [["score", "a.mp4", "--template", "released"], /default, released-train, released-test, internvl-video/],
    [["score", "a.mp4", "--template", "released-test"], /E_OPTION: option prompt: .*--prompt FILE/],
  ];
  for (const [args, message] of cases) {
    const { status, stderr } = run(...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, message);
  }
});

test("what is no flag, argument or command at all has the code of wrong use, and names the help", () => {
  for (const [args, message, help] of [
    [["score", "--modl", "x", "a.mp4"], "unknown option '--modl'\n(Did you mean --model?)", "score --help"],
    [["score"], "missing required argument 'paths'", "score --help"],
    [["eval"], "required option '--data <file>' not specified", "eval --help"],
    [
      ["train", "--steps", "many"],
      "option '--steps <count>' argument 'many' is invalid. expected a whole number.",
      "train --help",
    ],
    [["scores"], "unknown command 'scores'\n(Did you mean score?)", "--help"],
  ] as const)
    assert.equal(run(...args).stderr, `E_OPTION: ${message}\nnpx vqathinker ${help} tells what there is\n`);
});

test("what a file says goes by its key, what is typed beside it by its flag", () => {
  const file = join(dir, "keys.json");
  writeFileSync(file, JSON.stringify({ out: join(dir, "run"), maxNewTokens: 0 }));
  assert.match(run("train", "--config", file).stderr, /option maxNewTokens: .*found 0\n$/);
  assert.match(
    run("train", "--config", file, "--max-new-tokens", "-3").stderr,
    /option maxNewTokens: .*found -3 \(--max-new-tokens\)\n$/,
  );
});

test("a configuration with an unknown key names it and the nearest known one", () => {
  const file = join(dir, "config.json");
  writeFileSync(file, JSON.stringify({ out: join(dir, "run"), learningrate: 1 }));
  const { status, stderr } = run("train", "--config", file);
  assert.equal(status, 2);
  assert.match(stderr, /E_OPTION: option learningrate: no such option; did you mean learningRate\?/);
});

test("bad input ends with 1 and names the file", () => {
  const manifest = join(dir, "m.jsonl");
  writeFileSync(manifest, '{"video":"a.mp4","score":"x"}\n');
  for (const args of [
    ["eval", "--data", manifest],
    ["train", "--data", manifest, "--out", join(dir, "run")],
  ]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 1);
    assert.match(stderr, /E_FORMAT: .*m\.jsonl:1: expected a number "score", found "x"/);
  }
  writeFileSync(manifest, '{"video":"gone.mp4","score":1}\n{"video":"too.mp4","score":1}\n');
  const { status, stderr } = run(
    "train",
    "--data",
    manifest,
    "--out",
    join(dir, "run"),
    "--videos-per-step",
    "2",
  );
  assert.equal(status, 1);
  assert.match(stderr, /^E_MEDIA: 2 of 2 videos do not exist: .*gone\.mp4/);
});

test("the published schema is printed", () => {
  const schema = JSON.parse(run("train", "--schema").stdout) as { properties: Record<string, unknown> };
  assert.ok("learningRate" in schema.properties);
});
