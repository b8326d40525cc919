/** Manifests of both kinds, and each way in which a line can be wrong. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readManifest } from "../../../lib/data/manifest.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const write = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

const expected = [
  { id: "a/1.mp4", video: join(dir, "a/1.mp4"), score: 3.5 },
  { id: "two", video: "/abs/2.mp4", score: 50, dataset: "LSVQ", scale: { min: 0, max: 100 } },
];

test("JSONL and CSV say the same", async () => {
  const jsonl = write(
    "m.jsonl",
    `{"video":"a/1.mp4","score":3.5,"extra":1}\n\n{"video":"/abs/2.mp4","score":"50","id":"two","dataset":"LSVQ","scale":{"min":0,"max":100}}\n`,
  );
  assert.deepEqual(await readManifest(jsonl), expected);
  const csv = write(
    "m.csv",
    `\uFEFFid,video,score,scale,dataset\n,a/1.mp4,3.5,,\ntwo,"/abs/2.mp4",50,0-100,LSVQ\n`,
  );
  assert.deepEqual(await readManifest(csv), expected);
});

test("a wrong line is named with what was expected and found", async () => {
  const good = `{"video":"a.mp4","score":1}\n`;
  const cases: [string, string, RegExp][] = [
    ["json.jsonl", `${good}{"video":`, /json\.jsonl:2: expected a JSON object, found \{"video":/],
    ["list.jsonl", `${good}[1]`, /list\.jsonl:2: expected a JSON object, found \[1\]/],
    [
      "video.jsonl",
      `${good}\n{"file":"a.mp4","score":1}`,
      /video\.jsonl:3: expected a text "video", found none, but file/,
    ],
    [
      "score.jsonl",
      `{"video":"a.mp4","score":"good"}`,
      /score\.jsonl:1: expected a number "score", found "good"/,
    ],
    ["null.jsonl", `{"video":"a.mp4","score":null}`, /null\.jsonl:1: expected a number "score", found null/],
    [
      "scale.jsonl",
      `{"video":"a.mp4","score":1,"scale":"5..1"}`,
      /scale\.jsonl:1: .*"scale".*found "5\.\.1"/,
    ],
    ["twice.jsonl", good + good, /twice\.jsonl:2: expected an id of its own.*a\.mp4, also on line 1/],
    ["empty.jsonl", "\n", /empty\.jsonl: expected lines/],
    ["header.csv", "file,score\na.mp4,1\n", /header\.csv:1: expected a header with video, found file,score/],
    ["cells.csv", "video,score\na.mp4,1\nb.mp4,2,3\n", /cells\.csv:3: expected a CSV line like the header/],
    ["blank.csv", "video,score\na.mp4,\n", /blank\.csv:2: expected a number "score", found none/],
  ];
  for (const [name, text, message] of cases)
    await assert.rejects(readManifest(write(name, text)), { code: "E_FORMAT", message }, name);
  await assert.rejects(readManifest(join(dir, "absent.csv")), { code: "E_FORMAT", message: /absent\.csv/ });
});
