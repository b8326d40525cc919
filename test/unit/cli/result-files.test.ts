/** Outputs of eval and score: what cannot be is refused before there is a model, what fails at the end loses nothing. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { modelAsked } from "../../../lib/cli/asked.js";
import { openResults, type ResultPlan } from "../../../lib/cli/result-files.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

const TINY = modelAsked({ model: "tiny" }, {});
const dir = scratchFolder();
const main = join(packageRoot(), "dist", "lib", "cli", "main.js");
const model = join(dir, "model");
mkdirSync(model);
mkdirSync(join(dir, "folder"));
for (const name of ["config.json", "model.safetensors"])
  symlinkSync(join(packageRoot(), "assets", "tiny", name), join(model, name));
for (const name of ["a.mp4", "b.mp4", "plain", "slowfast.safetensors"]) writeFileSync(join(dir, name), name);
writeFileSync(join(dir, "l.csv"), "video,score\na.mp4,3\nb.mp4,2\ngone.mp4,4\n");
writeFileSync(join(dir, "p.txt"), "How good is it?");
symlinkSync("l.csv", join(dir, "linked.csv"));
linkSync(join(dir, "b.mp4"), join(dir, "hard"));

/** As a user runs it in the folder, where a model would not open. */
function run(line: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...line.split(" ")], {
    cwd: dir,
    encoding: "utf8",
    env: { ...process.env, VQAT_LIBTORCH: "/nowhere" },
  });
}

const REFUSED: readonly [line: string, message: RegExp][] = [
  ["eval --data l.csv --csv plain/r.csv", /option csv: .*"plain\/r.csv"; .*plain is no folder/],
  ["eval --data l.csv --csv folder", /option csv: .*folder is a folder/],
  ["eval --data l.csv --predictions new/ --json", /option predictions: .*"new\/"/],
  ["eval --data l.csv --csv /proc/nothing/r.csv", /option csv: .*in \/proc no file can be made/],
  ["eval --data l.csv --csv l.csv", /option csv: expected another file than that of data/],
  ["eval --data l.csv --csv linked.csv", /option csv: .* of data/],
  ["eval --data linked.csv --predictions ./folder/../l.csv", /option predictions: .* of data/],
  ["eval --data l.csv --predictions o --csv ./o", /option csv: .* of predictions, found ".\/o"/],
  [
    "eval --data l.csv --csv o --predictions o.journal --resume",
    /option csv \(its journal\): .* of predictions/,
  ],
  ["eval --data l.csv --predictions o --csv o.journal.lock", /option predictions \(its lock\): .* of csv/],
  [
    "eval --data l.csv --predictions o.journal.lock.next --csv o",
    /option csv \(its lock\): .* of predictions/,
  ],
  ["eval --data l.csv --prompt p.txt --csv p.txt", /option csv: .* of prompt/],
  ["eval --data l.csv --csv hard", /option csv: .* of a listed video/],
  ["eval --data l.csv --csv gone.mp4", /option csv: .* of a listed video/],
  ["eval --data l.csv --model model --csv model/config.json", /option csv: .* of model/],
  [
    "eval --data l.csv --slowfast slowfast.safetensors --csv slowfast.safetensors",
    /option csv: .* of slowfast/,
  ],
  ["eval --data l.csv --resume", /option resume: .*--predictions or --csv/],
  ["score a.mp4 --out plain/r.jsonl", /option out: .*plain is no folder/],
  ["score a.mp4 b.mp4 --out hard", /option out: .* of a video to score/],
  ["score a.mp4 --prompt p.txt --out p.txt", /option out: .* of prompt/],
  ["score a.mp4 --resume", /option resume: .*--out/],
];

test("outputs that cannot be are refused, naming the flag, before anything else is tried", () => {
  mkdirSync(join(dir, "o.journal.journal"));
  writeFileSync(join(dir, "o.journal"), "");
  const before = readdirSync(dir);
  for (const [line, message] of REFUSED) {
    const { status, stderr } = run(line);
    assert.match(stderr, message, line);
    assert.deepEqual([status, stderr.split("\n").length], [2, 2], line);
  }
  assert.deepEqual(readdirSync(dir), before);
  rmdirSync(join(dir, "o.journal.journal"));
  // With outputs that can be, the model is what fails.
  const { status, stderr } = run("eval --data l.csv --csv new/r.csv");
  assert.match(stderr, /^E_NO_LIBTORCH/);
  assert.deepEqual([status, readdirSync(join(dir, "new"))], [1, []]);
});

test("a path whose bytes are not UTF-8 is refused before anything is made", () => {
  const bytes = spawnSync("sh", ["-c", `mkdir "$(printf 'd\\351r')"`], { cwd: dir, encoding: "utf8" });
  if (bytes.status !== 0) return void assert.match(bytes.stderr, /illegal|invalid/i);
  writeFileSync(join(dir, "t.csv"), "video,score\na.mp4,3\nb.mp4,2\n");
  const before = readdirSync(dir, "buffer");
  const says = "no such file under this name: if the real one is not UTF-8, rename it";
  for (const line of [
    "score a.mp4 --out D/o.jsonl",
    "score a.mp4 --out l.csvD",
    "eval --data l.csv --csv D/o.csv",
    "eval --data l.csv --predictions D/o.jsonl",
    "eval --data l.csv --videos D",
    "eval --data D/l.csv",
    "train --data t.csv --videos-per-step 2 --out D/run",
    "train --data t.csv --out run --videos D",
    "train --data D/l.csv --out run",
    "train --resume D/run",
    "make-random --like internvl3-1b --layers 1 --out D/model",
    "convert slowfast.safetensors --out D/o.safetensors",
  ]) {
    const command = `"$0" "$1" ${line.replace("D", `"$(printf 'd\\351r')"`)}`;
    const { status, stderr } = spawnSync("sh", ["-c", command, process.execPath, main], {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, VQAT_LIBTORCH: "/nowhere" },
    });
    assert.ok(stderr.includes(says), `${line}: ${stderr}`);
    assert.notEqual(status, 0, line);
  }
  // From inside such a folder, every path is such a one.
  const inside = `cd "$(printf 'd\\351r')" && exec "$0" "$1" score ../a.mp4 --out o.jsonl`;
  const { stderr } = spawnSync("sh", ["-c", inside, process.execPath, main], { cwd: dir, encoding: "utf8" });
  assert.ok(stderr.includes(says), stderr);
  assert.deepEqual(readdirSync(dir, "buffer"), before);
});

test("what is printed into a file is an output, too", () => {
  for (const [flag, printed] of [
    ["printed.csv", "printed.csv"],
    ["/dev/stdout", "printed.csv"],
    ["/proc/self/fd/1", "printed.csv"],
  ] as const) {
    const descriptor = openSync(join(dir, printed), "w");
    const { status, stderr } = spawnSync(process.execPath, [main, "eval", "--data", "l.csv", "--csv", flag], {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, VQAT_LIBTORCH: "/nowhere" },
      stdio: ["ignore", descriptor, "pipe"],
    });
    closeSync(descriptor);
    assert.match(stderr, /^E_OPTION: option csv: expected another file than that of standard output, /);
    assert.equal(status, 2);
  }
  // A pipe is written to as it is, without a journal: the model is what fails.
  execFileSync("mkfifo", [join(dir, "pipe")]);
  assert.match(run("eval --data l.csv --csv pipe").stderr, /^E_NO_LIBTORCH/);
  assert.deepEqual(
    ["/dev/stdout.journal", join(dir, "pipe.journal")].filter((path) => existsSync(path)),
    [],
  );
  // Node gives the processes that it starts a socket, which nobody can open.
  assert.match(run("eval --data l.csv --csv /dev/stdout").stderr, /^E_OPTION: .* is a socket/);
});

test("an output that fails at the end is an error with its flag; results stay, no part file does", async () => {
  const plan = {
    asked: TINY,
    outputs: { predictions: join(dir, "p.jsonl"), csv: join(dir, "end.csv") },
    inputs: [],
    rows: ["a", "b"],
  };
  const results = await openResults(plan);
  const scored = { score: 2, scale: { min: 1, max: 5 }, status: "ok", reasoning: null, answer: "2" } as const;
  await results.journal?.keep([{ place: 0, result: { file: "a", ...scored, frameTimes: [], seconds: 1 } }]);
  mkdirSync(join(dir, "end.csv"));
  await results.write("predictions", () => "lines\n");
  await results.write("csv", () => "cells\n");
  await results.write("out", () => assert.fail("a flag that was not given"));
  await assert.rejects(results.finish(), { code: "E_FORMAT", message: /end\.csv: cannot be written: / });
  await results.close();
  assert.equal(readFileSync(join(dir, "p.jsonl"), "utf8"), "lines\n");
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.includes("part")),
    [],
  );
  assert.ok(existsSync(join(dir, "p.jsonl.journal")));
  rmdirSync(join(dir, "end.csv"));
  await assert.rejects(openResults(plan), { code: "E_OPTION", message: /holds 1 of 2 results/ });
  // Wherever the journal was begun, it is found.
  const swapped = { csv: plan.outputs.csv, predictions: plan.outputs.predictions };
  const again = await openResults({ ...plan, outputs: swapped, resume: true });
  assert.equal(again.journal?.kept, 1);
  await again.write("csv", () => "cells\n");
  await again.finish();
  await again.close();
  assert.deepEqual(
    readdirSync(dir)
      .filter((name) => /end|jsonl/.test(name))
      .sort(),
    ["end.csv", "p.jsonl"],
  );
});

test("one output at a time, by whatever name, be it the first or not", async () => {
  mkdirSync(join(dir, "held"));
  const at = (name: string) => join(dir, "held", name);
  for (const name of ["link", "older"]) symlinkSync("real", at(name));
  const plan = (outputs: Record<string, string>) => ({
    asked: TINY,
    outputs,
    inputs: [],
    rows: ["a"],
  });
  const results = await openResults(plan({ predictions: at("real"), csv: at("table") }));
  // Begun by a version that kept the journal beside the link.
  writeFileSync(at("older.journal"), readFileSync(at("real.journal")));
  const busy = { code: "E_BUSY", message: /held\/(real|table).*: this process uses it/ };
  for (const outputs of [
    { predictions: at("link") },
    { predictions: at("older") },
    { csv: at("real") },
    { out: at("table") },
    { predictions: at("other"), csv: at("table") },
    { predictions: at("other"), csv: at("link") },
  ])
    await assert.rejects(openResults(plan(outputs)), busy, JSON.stringify(outputs));
  await results.close();
  const older = await openResults(plan({ predictions: at("older") }));
  assert.equal(older.journal?.file, at("older.journal"));
  await older.close();
  assert.deepEqual(readdirSync(join(dir, "held")).sort(), ["link", "older"]);
});

test("halves that a killed command left of outputs and journal go with the next one", async () => {
  mkdirSync(join(dir, "halves"));
  const at = (name: string) => join(dir, "halves", name);
  for (const name of ["o", "o.journal", "o.journal.lock", "o.journal.lock.next", "c", "c.journal.lock"])
    writeFileSync(at(`${name}.part-${2 ** 22 + 1}-2`), "half");
  const results = await openResults({
    asked: TINY,
    outputs: { predictions: at("o"), csv: at("c") },
    inputs: [],
    rows: ["a"],
  });
  await results.write("predictions", () => "lines\n");
  await results.write("csv", () => "cells\n");
  await results.finish();
  await results.close();
  assert.deepEqual(readdirSync(join(dir, "halves")).sort(), ["c", "o"]);
});

test("videos that were moved, or copied, are told from another list", async () => {
  const out = join(dir, "moved.jsonl");
  const open = (rows: ResultPlan["rows"], resume = true) =>
    openResults({ asked: TINY, resume, outputs: { out }, inputs: [], rows });
  const scored = { score: 2, scale: { min: 1, max: 5 }, status: "ok", reasoning: null, answer: "2" } as const;
  const results = await open(["/clips/a.mp4", ["/clips/deep/b.mp4", 3]], false);
  await results.journal?.keep([{ place: 0, result: { file: "a", ...scored, frameTimes: [], seconds: 1 } }]);
  await results.close();
  const refused = (rows: ResultPlan["rows"], message: RegExp) =>
    assert.rejects(open(rows), { code: "E_OPTION", message });
  const moved = /list: the same videos in "\/new\/place", they were in "\/clips"\): give the same/;
  await refused(["/new/place/a.mp4", ["/new/place/deep/b.mp4", 3]], moved);
  const other = /list: 2 videos, it was another one of 2\)/;
  await refused(["/new/place/a.mp4", ["/new/place/deep/b.mp4", 4]], other);
  await refused(["/clips/a.mp4", ["/clips/deeper/b.mp4", 3]], other);
  await (await open(["/clips/a.mp4", ["/clips/deep/b.mp4", 3]])).close();
});
