/** What an output beside an ablation may not take the place of. */
import assert from "node:assert/strict";
import { linkSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { refuseInputs } from "../../../lib/ablation/inputs.js";
import { coded } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const at = (name: string) => join(dir, name);

describe("refuseInputs", () => {
  it("refuses every file that is read or kept, by whatever name", async () => {
    for (const folder of ["base", "abl/results"]) mkdirSync(at(folder), { recursive: true });
    for (const file of ["a.mp4", "b.mp4", "c.mp4", "d.mp4", "prompt.txt", "at-once.txt", "start.json"])
      writeFileSync(at(file), "");
    for (const file of ["base/config.json", "base/model.safetensors", "base/vocab.json"])
      writeFileSync(at(file), "{}");
    for (const file of ["abl/ablation.json", "abl/answers.jsonl", "abl/results/full-seed-1.json"])
      writeFileSync(at(file), "{}");
    for (const [list, video] of Object.entries({ train: "a", near: "b", far: "c" }))
      writeFileSync(at(`${list}.csv`), `video,score\n${video}.mp4,1\n`);
    writeFileSync(at("replies.jsonl"), '{"video":"d.mp4","reply":"none"}\n');
    symlinkSync(at("abl"), at("link"));
    symlinkSync(at("a.mp4"), at("clip"));
    linkSync(at("abl/answers.jsonl"), at("twin.jsonl"));
    const options = {
      out: at("link"),
      model: at("base"),
      data: at("train.csv"),
      inDomain: [at("near.csv")],
      outOfDomain: [at("far.csv")],
      prompt: at("prompt.txt"),
      answerPrompt: at("at-once.txt"),
      startReplies: at("replies.jsonl"),
    };
    const more = [{ name: "startConfig", path: at("start.json") }];
    const refused = (name: string) => refuseInputs({ name: "json", path: at(name) }, options, more);
    const all = readdirSync(dir, { recursive: true, encoding: "utf8" });
    const files = all.filter((name) => statSync(at(name)).isFile());
    assert.ok(files.length >= 19);
    for (const name of [...files, "abl/new.json", "link/new.json", "link/ablation.json"])
      await assert.rejects(refused(name), coded("E_OPTION", "option json: expected"), name);
    await refused("numbers.json");
    await refused("base/../ablation.json");
  });
});
