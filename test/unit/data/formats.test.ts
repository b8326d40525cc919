/** Lists of the public VQAThinker code: its training JSONL, test JSON and result CSV; and how one more format enters. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ListFormat } from "../../../lib/data/formats/format.js";
import { LIST_FORMATS, listRows } from "../../../lib/data/list-rows.js";
import { readEntries, readManifest } from "../../../lib/data/manifest.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const write = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const refused = (name: string, text: string, message: RegExp) =>
  assert.rejects(readManifest(write(name, text)), { code: "E_FORMAT", message }, name);

const question = "<image>\nHow good is <image>it?";
const turns = (value: unknown) => [
  { from: "human", value: question },
  { from: "gpt", value },
];
const line = (image: unknown, value: unknown, more: object = {}) =>
  `${JSON.stringify({ dataset_name: "LSVQ", image, conversations: turns(value), ...more })}\n`;

test("training lines: a list of one video or its name, a number or tagged text, the question without its marks", async () => {
  const list = write(
    "train.jsonl",
    line(["yfcc/a.mp4"], 3.23285, { id: 7, accu_reward_method: "regression" }) +
      line("b.mp4", "<answer> 2.50 </answer>", { id: 8 }),
  );
  const common = { dataset: "LSVQ", question: "\nHow good is it?" };
  assert.deepEqual(await readManifest(list), [
    {
      id: "7",
      video: join(dir, "yfcc/a.mp4"),
      name: "yfcc/a.mp4",
      score: 3.23285,
      ...common,
      fields: { accu_reward_method: "regression" },
    },
    {
      id: "8",
      video: join(dir, "b.mp4"),
      name: "b.mp4",
      score: 2.5,
      scoreText: "2.50",
      ...common,
      reply: "<answer> 2.50 </answer>",
    },
  ]);
  const scaled = await readManifest(list, { labelScale: 20 });
  assert.deepEqual(
    scaled.map(({ score }) => score),
    [3.23285 * 20, 50],
  );
  assert.deepEqual(
    scaled.map(({ reply, fields }) => [reply, fields]),
    [
      [undefined, { accu_reward_method: "regression" }],
      ["<answer> 2.50 </answer>", undefined],
    ],
  );
});

test("ids that repeat are not taken: every entry then goes by its video", async () => {
  const list = write("ids.jsonl", [1, 2, 1].map((id, i) => line([`${i}.mp4`], 3, { id })).join(""));
  const entries = await readManifest(list);
  assert.equal(new Set(entries.map(({ id }) => id)).size, 3);
  for (const { id, name } of entries) assert.equal(id, name);
});

test("a training line of another shape is named", async () => {
  const good = line(["a.mp4"], 3);
  await assert.rejects(readEntries(write("half.jsonl", good + line(["b.mp4"], "3 \ud83d")), {}, "replies"), {
    code: "E_FORMAT",
    message: /half\.jsonl:2: expected whole characters in reply, found half of one, \\ud83d$/,
  });
  const bare = (conversations: unknown) => `${JSON.stringify({ image: "b.mp4", conversations })}\n`;
  await refused(
    "two.jsonl",
    good + line(["b.mp4", "c.mp4"], 3),
    /two\.jsonl:2: expected one video in "image", found \["b/,
  );
  await refused(
    "no-video.jsonl",
    line([], 3),
    /no-video\.jsonl:1: expected one video in "image", found \[\]/,
  );
  await refused("blank.jsonl", line([""], 3), /blank\.jsonl:1: expected a text "image", found ""/);
  await refused(
    "none.jsonl",
    good + bare(undefined),
    /none\.jsonl:2: expected two turns in "conversations", found none/,
  );
  await refused("one.jsonl", bare(turns(1).slice(0, 1)), /one\.jsonl:1: expected two turns/);
  await refused(
    "turned.jsonl",
    bare(turns(1).reverse()),
    /turned\.jsonl:1: expected "conversations\[0\]" from human/,
  );
  await refused(
    "mute.jsonl",
    bare([{ from: "human" }, turns(1)[1]]),
    /mute\.jsonl:1: expected a text "conversations\[0\]\.value"/,
  );
  await refused(
    "word.jsonl",
    good + line("b.mp4", "<answer>good</answer>"),
    /word\.jsonl:2: expected a number "conversations\[1\]\.value", found "good"/,
  );
  await refused("null.jsonl", line("b.mp4", null), /null\.jsonl:1: expected a number .*, found null/);
  await refused(
    "name.jsonl",
    line("b.mp4", 3, { dataset_name: 5 }),
    /name\.jsonl:1: expected a text "dataset_name", found 5/,
  );
  await refused(
    "ours.jsonl",
    `${good}{"video":"b.mp4","score":1}`,
    /ours\.jsonl:2: expected one video in "image", found none/,
  );
  await refused(
    "twice.jsonl",
    line("a.mp4", 3, { id: 1 }) + line(["a.mp4"], 4, { id: 2 }),
    /twice\.jsonl:2: expected each video once, found "a\.mp4", also on line 1/,
  );
});

const annotation = (image_id: unknown, score: unknown, ann_type: unknown = "score") => ({
  image_id,
  ann_type,
  score,
});
const annotations = (...list: unknown[]) => JSON.stringify({ annotations: list }, null, 1);

test("test JSON: scores are text and stay on their scale, in one line or many", async () => {
  const many = annotations(annotation("sub/a.mp4", "59.90"), annotation("b.mp4", 24.4));
  const expected = [
    { id: "sub/a.mp4", video: join(dir, "sub/a.mp4"), name: "sub/a.mp4", score: 59.9, scoreText: "59.90" },
    { id: "b.mp4", video: join(dir, "b.mp4"), name: "b.mp4", score: 24.4 },
  ];
  const forms = [many, JSON.stringify(JSON.parse(many)), `\uFEFF${many.replaceAll("\n", "\r\n")}`];
  for (const text of forms) assert.deepEqual(await readManifest(write("test.json", text)), expected);
});

test("a test JSON of another shape is named by its place", async () => {
  const good = annotation("a.mp4", "1");
  await refused(
    "kind.json",
    annotations(good, annotation("b.mp4", "1", "bbox")),
    /kind\.json: annotations\[1\]: expected the "ann_type" "score", found "bbox"/,
  );
  await refused(
    "no-kind.json",
    annotations({ image_id: "a.mp4", score: "1" }),
    /annotations\[0\]: .*"ann_type".*found none/,
  );
  await refused(
    "word.json",
    annotations(good, annotation("b.mp4", "good")),
    /annotations\[1\]: expected a number "score", found "good"/,
  );
  await refused(
    "flag.json",
    annotations(annotation("b.mp4", true)),
    /annotations\[0\]: expected a number "score", found true/,
  );
  await refused(
    "id.json",
    annotations(annotation(7, "1")),
    /annotations\[0\]: expected a text "image_id", found 7/,
  );
  await refused(
    "name.json",
    annotations({ ann_type: "score", score: 1, video: "a.mp4" }),
    /expected a text "image_id", found none, but ann_type, video/,
  );
  await refused(
    "twice.json",
    annotations(good, good),
    /annotations\[1\]: expected an id of its own .*a\.mp4, also in annotations\[0\]/,
  );
  await refused(
    "item.json",
    annotations("a.mp4"),
    /annotations\[0\]: expected a JSON object, found "a\.mp4"/,
  );
  await refused(
    "object.json",
    `{"annotations": {}}`,
    /object\.json: annotations: expected a list, found \{\}/,
  );
  await refused("none.json", annotations(), /none\.json: expected videos with scores, found none/);
  await refused("cut.json", annotations(good).slice(0, -4), /cut\.json: expected JSON: /);
  await refused(
    "keys.json",
    `{"annotations": [], "annotations": []}`,
    /keys\.json: the key "annotations" stands twice/,
  );
});

test("result CSV: the label is the score, the prediction is left alone", async () => {
  const csv = write(
    "result.csv",
    'filename,pred_score,gt_score\r\n/data/a.mp4,3.0,64.50\r\n"b, c.mp4",,7\r\n',
  );
  assert.deepEqual(await readManifest(csv), [
    { id: "/data/a.mp4", video: "/data/a.mp4", name: "/data/a.mp4", score: 64.5, scoreText: "64.50" },
    { id: "b, c.mp4", video: join(dir, "b, c.mp4"), name: "b, c.mp4", score: 7, scoreText: "7" },
  ]);
  const header = "filename,pred_score,gt_score\n";
  await refused(
    "blank.csv",
    `${header}a.mp4,3,\n`,
    /blank\.csv:2: expected a number "gt_score", found none, but pred_score/,
  );
  await refused(
    "twice.csv",
    `${header}a.mp4,3,1\na.mp4,3,1\n`,
    /twice\.csv:3: expected an id of its own .*also on line 2/,
  );
  await refused("short.csv", "filename,pred_score\na.mp4,3\n", /short\.csv:1: .*, found filename,pred_score/);
});

test("the keys that the public code itself reads are no further fields", async () => {
  const list = write("more.json", annotations({ ...annotation("a.mp4", 1), question_id: 4, subset: "1k" }));
  assert.deepEqual((await readManifest(list))[0]?.fields, { question_id: 4, subset: "1k" });
  const csv = write("more-result.csv", "filename,pred_score,gt_score,subset\na.mp4,3,1,1k\n");
  assert.deepEqual((await readManifest(csv))[0]?.fields, { subset: "1k" });
});

test("a binary list enters as one more format: it sees the bytes, and says how its lists look", () => {
  const binary: ListFormat = {
    look: "a list of bytes",
    sniff: (bytes) => bytes[0] === 0xff,
    rows: (bytes, file) =>
      [...bytes.subarray(1)].map((score, i) => {
        const [names, passed] = [{ video: "v", score: "s" }, {}];
        return { place: { file, key: `[${i}]` }, values: { v: `${i}.mp4`, s: score }, names, passed };
      }),
  };
  const formats = [binary, ...LIST_FORMATS];
  const rows = listRows(Uint8Array.of(0xff, 3, 250), "list.bin", formats);
  assert.deepEqual(
    rows.map(({ values }) => values["s"]),
    [3, 250],
  );
  assert.equal(listRows(Buffer.from("video,score\na.mp4,1\n"), "list.csv", formats).length, 1);
  assert.throws(() => listRows(Uint8Array.of(), "list", formats), {
    message: /expected a list of bytes, JSONL /,
  });
});
