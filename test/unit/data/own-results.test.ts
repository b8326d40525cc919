/** Files of our own that are no lists: predictions, journals, results; their `score` is no label. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readManifest } from "../../../lib/data/manifest.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const write = (name: string, content: string) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const refused = (file: string, message: RegExp) =>
  assert.rejects(readManifest(file), { code: "E_FORMAT", message });

const prediction = (video: string, target: number, score: number | null, status: string) => ({
  video,
  target,
  score,
  status,
});
const PREDICTED = [
  prediction("a.mp4", 3.2, 1.64, "ok"),
  prediction("b.mp4", 1.4, null, "failed"),
  prediction("c.mp4", 2, null, "absent"),
];

test("predictions are not taken for labels, in any form; their target is, when it is named", async () => {
  const texts = {
    "p.jsonl": PREDICTED.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "p.json": JSON.stringify(PREDICTED),
    "p.csv": `video,target,score,status\n${PREDICTED.map((row) => Object.values(row).join(",")).join("\n")}\n`,
  };
  for (const [name, text] of Object.entries(texts)) {
    const file = write(name, text);
    await refused(
      file,
      /expected videos with labels, found predictions, .*: --columns score=target takes their labels/,
    );
    assert.deepEqual(
      (await readManifest(file, { columns: "score=target" })).map(({ name, score }) => [name, score]),
      [
        ["a.mp4", 3.2],
        ["b.mp4", 1.4],
        ["c.mp4", 2],
      ],
    );
  }
  const mixed = `{"video":"0.mp4","score":1}\n${texts["p.jsonl"]}`;
  await refused(write("mixed.jsonl", mixed), /mixed\.jsonl:2: .*found predictions/);
});

test("a journal and the results of score are refused by name", async () => {
  await refused(
    write("j.jsonl", `{"vqathinkerJournal":1,"list":{}}\n{"batch":[]}\n`),
    /j\.jsonl:1: .*found a journal of results: give the list/,
  );
  const result = { file: "a.mp4", score: 3, scale: { min: 1, max: 5 }, status: "ok", answer: "3" };
  await refused(
    write("r.jsonl", JSON.stringify(result)),
    /r\.jsonl:1: expected videos with labels, found results of score/,
  );
});
