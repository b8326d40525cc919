/** The commands of NIQE on real files: a model is fitted, videos are scored and evaluated by it, and a stopped scoring goes on. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { Command } from "commander";
import { addScorerFlags, askedBy, type ScorerFlags } from "../../lib/cli/asked.js";
import { openJournal, readManifest } from "../../lib/index.js";
import { cli } from "../helpers/command.js";
import { goldenPath } from "../helpers/goldens.js";
import { picture, pictureVideo } from "../helpers/pictures.js";
import { scratchFolder } from "../helpers/video-files.js";

const dir = scratchFolder();
const at = (name: string) => join(dir, name);
const model = at("pristine.json");
const list = at("list.jsonl");
const scorer = ["--scorer", "niqe", "--niqe-model"];

before(async () => {
  await picture(at("clean.png"), "texture", 768, 672);
  const videos = {
    clean: ["texture", "texture"],
    grain: ["noisy", "noisy"],
    soft: ["blurred"],
    blank: ["flat"],
  };
  const rows = Object.entries(videos).map(([name, kinds], i) => {
    const video = pictureVideo(at(`${name}.mkv`), kinds, 288, 288);
    return `${JSON.stringify({ video, score: 5 - i })}\n`;
  });
  writeFileSync(list, rows.join(""));
});

test("fit-niqe, then eval and score by what it wrote", async () => {
  const fit = await cli("fit-niqe", at("clean.png"), "--out", model);
  assert.equal(fit.code, 0, fit.stderr);
  assert.match(fit.stdout, /pristine\.json: \d+ sharp blocks of 1 pictures from 1 files\n$/);
  assert.match(readFileSync(model, "utf8"), /^\{"fitted":\{"pictures":1,/);

  const { code, stdout, stderr } = await cli("eval", "--data", list, ...scorer, model, "--json");
  assert.equal(code, 1, "a video failed");
  assert.match(stderr, /fitted here/);
  assert.match(stderr, /failed: .*blank\.mkv: E_NUMERIC: .*too flat for NIQE/);
  const report = JSON.parse(stdout) as Record<string, number | string>;
  assert.deepEqual([report["listed"], report["decoded"], report["parsed"]], [4, 3, 3]);
  assert.match(String(report["notice"]), /lower is better/);

  const told = await cli("score", at("clean.mkv"), at("grain.mkv"), ...scorer, model);
  assert.equal(told.code, 0, told.stderr);
  const values = [...told.stdout.matchAll(/ok: ([\d.]+) on a scale of 0 upwards/g)].map(([, value]) =>
    Number(value),
  );
  assert.equal(values.length, 2);
  assert.ok((values[0] ?? 9) < (values[1] ?? 0), told.stdout);
});

test("an interrupted eval goes on with the same model, and with no other", async () => {
  const authors = goldenPath("niqe/model.json");
  const out = at("predictions.jsonl");
  const resumed = (file: string) =>
    cli("eval", "--data", list, ...scorer, file, "--predictions", out, "--resume");
  const command = addScorerFlags(new Command("eval")).parse([...scorer, authors], { from: "user" });
  const rows = (await readManifest(list)).map(({ video, score }) => [video, score] as const);
  const subject = await (await askedBy(command, command.opts<ScorerFlags>())).subject(rows);
  const journal = await openJournal(`${out}.journal`, subject, { resume: false, onTrouble: assert.fail });
  const said = { scale: { min: 0, max: Infinity }, status: "ok", reasoning: null, answer: null } as const;
  const result = { file: rows[0]?.[0] ?? "", score: 123, ...said, frameTimes: [0], seconds: 1 };
  await journal.keep([{ place: 0, result }]);
  await journal.close();
  const other = await resumed(model);
  assert.deepEqual([other.code, /NIQE model has changed/.test(other.stderr)], [2, true], other.stderr);
  const { code, stderr } = await resumed(authors);
  assert.equal(code, 1, "the flat video fails");
  assert.match(stderr, /1 of 4 results are taken/);
  const scores = readFileSync(out, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).score as unknown);
  assert.equal(scores[0], 123);
  assert.deepEqual(
    scores.slice(1).map((score) => typeof score),
    ["number", "number", "object"],
  );
});

test("the model is no place for an output", async () => {
  const { code, stderr } = await cli("eval", "--data", list, ...scorer, model, "--csv", model);
  assert.equal(code, 2);
  assert.match(stderr, /option csv: expected another file than that of niqeModel/);
  const fit = await cli("fit-niqe", at("clean.png"), "--out", at("clean.png"));
  assert.equal(fit.code, 2);
  assert.match(fit.stderr, /option out: expected another file than that of a picture to fit on/);
});
