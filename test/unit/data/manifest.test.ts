/** Manifests of both kinds, and each way in which a line can be wrong. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readEntries, readManifest } from "../../../lib/data/manifest.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const write = (name: string, content: string | Buffer) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};

const expected = [
  { id: "a/1.mp4", video: join(dir, "a/1.mp4"), name: "a/1.mp4", score: 3.5, scoreText: "3.5" },
  {
    id: "two",
    video: "/abs/2.mp4",
    name: "/abs/2.mp4",
    score: 50,
    scoreText: "50",
    dataset: "LSVQ",
    scale: { min: 0, max: 100 },
  },
];

test("JSONL and CSV say the same", async () => {
  const jsonl = write(
    "m.jsonl",
    `{"video":"a/1.mp4","score":"3.5","extra":1}\n\n{"video":"/abs/2.mp4","score":"50","id":"two","dataset":"LSVQ","scale":{"min":0,"max":100}}\n`,
  );
  const [first, second] = expected;
  assert.deepEqual(await readManifest(jsonl), [{ ...first, fields: { extra: 1 } }, second]);
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
    ...["0x10", "0b1", "1_000", "1,5", "Infinity", " ", "1e999"].map((score, i): [string, string, RegExp] => [
      `text${i}.jsonl`,
      `{"video":"a.mp4","score":"${score}"}`,
      new RegExp(`text${i}\\.jsonl:1: expected a number "score", found "${score}"`),
    ]),
    ["hex.csv", "video,score\na.mp4,0x10\n", /hex\.csv:2: expected a number "score", found "0x10"/],
    ["null.jsonl", `{"video":"a.mp4","score":null}`, /null\.jsonl:1: expected a number "score", found null/],
    [
      "scale.jsonl",
      `{"video":"a.mp4","score":1,"scale":"5..1"}`,
      /scale\.jsonl:1: .*"scale".*found "5\.\.1"/,
    ],
    ["twice.jsonl", good + good, /twice\.jsonl:2: expected an id of its own.*a\.mp4, also on line 1/],
    ["empty.jsonl", "\n", /empty\.jsonl: expected JSONL .*, or CSV .*, found an empty file/],
    ["zero.csv", "", /zero\.csv: expected JSONL .*, found an empty file/],
    [
      "header.csv",
      "file,score\na.mp4,1\n",
      /header\.csv:1: expected .* CSV with the header video,score or .*, found file,score/,
    ],
    ["only-header.csv", "video,score\n", /only-header\.csv: expected videos with scores, found none/],
    [
      "byte.jsonl",
      `{"video":"a\\u0000.mp4","score":1}`,
      /byte\.jsonl:1: expected a text "video", found "a\\u0000\.mp4"/,
    ],
    ["cells.csv", "video,score\na.mp4,1\nb.mp4,2,3\n", /cells\.csv:3: expected a CSV line like the header/],
    ["blank.csv", "video,score\na.mp4,\n", /blank\.csv:2: expected a number "score", found none/],
  ];
  for (const [name, text, message] of cases)
    await assert.rejects(readManifest(write(name, text)), { code: "E_FORMAT", message }, name);
  await assert.rejects(readManifest(join(dir, "absent.csv")), { code: "E_FORMAT", message: /absent\.csv/ });
});

test("a refusal repeats no more than a line of a list, whatever is wrong with it", async () => {
  const file = write("long.csv", `video,score\n${"a".repeat(30_000)}" b,1\n`);
  await assert.rejects(readManifest(file), (error: Error) => {
    assert.match(error.message, /long\.csv:2: expected a CSV line like the header, found Invalid .*…$/);
    return error.message.length < 1000;
  });
  const long = "n".repeat(5000);
  const texts = [
    `${long};score\na.mp4;1\n`,
    `${long}\tMOS\na.mp4\t1\n`,
    `${long} 1\n`,
    `1,${long}\n`,
    `${long},MOS,${long}mos\na.mp4,1,2\n`,
    `video,score\n${long},${long}\n`,
    `video,score\n${long},1\n${long},1\n`,
    `video,score\n${long},1,2\n`,
    `[{"${long}": 1}]`,
    `{"video": "a.mp4", "${long}": "b"}`,
    `{"video": "a.mp4", "score": "${long}"}`,
  ];
  for (const text of texts)
    for (const options of [
      {},
      { columns: `video=${long},score=${long}2` },
      { columns: "video=1,score=2" },
      { delimiter: ";" },
    ])
      await assert.rejects(
        readManifest(write("long.list", text), options),
        ({ message }: Error) => message.length < 1000 + 2 * dir.length,
        `${text.slice(0, 20)} ${JSON.stringify(options).slice(0, 40)}`,
      );
});

test("a list that is not there, a folder, and names with scores in one object are told as that", async () => {
  const told = (path: string, message: RegExp) =>
    assert.rejects(readManifest(path), { code: "E_FORMAT", message }, path);
  await told(join(dir, "nope.csv"), /nope\.csv: expected a list of videos: no such file$/);
  await told(dir, /: expected a list of videos, found a folder$/);
  await told(
    write("map.json", '{"a.mp4": 3.2, "b.mp4": 1}'),
    /map\.json: expected .*, found one JSON object with a\.mp4, b\.mp4: a list has .*\{"video": NAME, "score": NUMBER\}$/,
  );
  await told(write("lines.json", '{\n"a.mp4": 3.2,\n"b.mp4": 1\n}'), /\{"video": NAME, "score": NUMBER\}$/);
  await told(
    write("eval.json", '{"srcc":0.5,"plcc":null,"listed":3,"decoded":3,"absent":[],"notice":"so"}'),
    /eval\.json:1: .*found the measures of an evaluation.*: give the list that was scored$/,
  );
});

test("a file that is no list of any kind says what was looked for", async () => {
  const cases: [string, string | Buffer, RegExp][] = [
    ["notes.txt", "some notes\non videos\n", /notes\.txt:1: .*"annotations".*, found some notes/],
    [
      "array.json",
      `[{"image_id": "a.mp4"}]`,
      /array\.json: \[0\]: expected a text "video", found none, but image_id/,
    ],
    [
      "config.json",
      `{\n "out": "x",\n "steps": 3\n}`,
      /config\.json: .*, found one JSON object with out, steps/,
    ],
    [
      "video.mp4",
      Buffer.from([0, 0, 0, 32, 0x66, 0xff, 0xfe]),
      /video\.mp4: expected text, found binary data, no text/,
    ],
    ["utf16.csv", Buffer.from("\uFEFFvideo,score\na.mp4,1\n", "utf16le"), /utf16\.csv: expected UTF-8 text/],
  ];
  for (const [name, content, message] of cases)
    await assert.rejects(readManifest(write(name, content)), { code: "E_FORMAT", message }, name);
});

test("the name of a file says nothing about its kind; BOM and CRLF are no part of it", async () => {
  const csv = write("odd.list", "\uFEFFvideo,score\r\na.mp4,1\r\n\r\nb.mp4,2\r\n");
  const jsonl = write("odd.csv", `\uFEFF{"video":"a.mp4","score":1}\r\n\r\n{"video":"b.mp4","score":2}\r\n`);
  for (const file of [csv, jsonl])
    assert.deepEqual(
      (await readManifest(file)).map(({ name, score }) => [name, score]),
      [
        ["a.mp4", 1],
        ["b.mp4", 2],
      ],
    );
});

test("names are taken as written: other alphabets, blanks, commas, a backslash", async () => {
  const names = ["視頻/测试 é.mp4", "e\u0301.mp4", "a, b.mp4", "LSVQ\\0001.mp4", " lead.mp4"];
  const jsonl = write(
    "names.jsonl",
    names.map((video) => `${JSON.stringify({ video, score: 1 })}\n`).join(""),
  );
  const csv = write("names.csv", `video,score\n${names.map((name) => `"${name}",1\n`).join("")}`);
  for (const file of [jsonl, csv])
    assert.deepEqual(
      (await readManifest(file)).map(({ id, name, video }) => [id, name, video]),
      names.map((name) => [name, name, join(dir, name)]),
    );
});

test("videos lie beside the list or in the folder that is named; absolute paths stay", async () => {
  const list = write("where.csv", "video,score\nsub/a.mp4,1\n/abs/b.mp4,2\n");
  const videos = async (folder?: string) =>
    (await readManifest(list, { videos: folder })).map(({ video }) => video);
  assert.deepEqual(await videos(), [join(dir, "sub/a.mp4"), "/abs/b.mp4"]);
  const other = scratchFolder();
  assert.deepEqual(await videos(other), [join(other, "sub/a.mp4"), "/abs/b.mp4"]);
  await assert.rejects(videos(join(dir, "nowhere")), {
    code: "E_OPTION",
    message: /option videos: expected a folder, found ".*nowhere"/,
  });
});

test("a label scale multiplies the score and the ends of its own scale", async () => {
  const list = write("scale.csv", "video,score,scale\na.mp4,2.50,\nb.mp4,3,1..5\n");
  const labels = async (labelScale?: number) =>
    (await readManifest(list, { labelScale })).map(({ score, scoreText, scale }) => [
      score,
      scoreText,
      scale,
    ]);
  assert.deepEqual(await labels(), [
    [2.5, "2.50", undefined],
    [3, "3", { min: 1, max: 5 }],
  ]);
  assert.deepEqual(await labels(20), [
    [50, undefined, undefined],
    [60, undefined, { min: 20, max: 100 }],
  ]);
  for (const factor of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    await assert.rejects(labels(factor), { code: "E_OPTION", message: /option labelScale: .*above 0/ });
});

test("texts and numbers of other names pass, as the list writes them; what is neither is left out", async () => {
  const more = { mos2: 2.5, category: "007", note: "Sharp?", flag: true, none: null, box: [1], of: {} };
  const jsonl = write("more.jsonl", `${JSON.stringify({ video: "a.mp4", score: 1, ...more })}\n`);
  const kept = { mos2: 2.5, category: "007", note: "Sharp?" };
  const fields = async (file: string, labelScale = 1) =>
    (await readManifest(file, { labelScale })).map((entry) => entry.fields);
  assert.deepEqual(await fields(jsonl), [kept]);
  assert.deepEqual(await fields(jsonl, 20), [kept]);
  const header = "video,mos2,score,category,flag,__proto__\n";
  const csv = write("more.csv", `${header}a.mp4,2.50,1,007,true,x\nb.mp4,,1,,,\n`);
  const cells = Object.fromEntries([
    ["mos2", "2.50"],
    ["category", "007"],
    ["flag", "true"],
    ["__proto__", "x"],
  ]);
  assert.deepEqual(await fields(csv), [cells, undefined]);
});

test("questions and replies are texts of an entry; beside replies a list that is read for them needs no score", async () => {
  const row = { video: "a.mp4", question: "Sharp?", reply: "No." };
  const jsonl = write(
    "replies.jsonl",
    `${JSON.stringify(row)}\n${JSON.stringify({ ...row, id: "b", score: 2 })}\n`,
  );
  const read = async (file: string, columns?: string) =>
    (await readEntries(file, { columns }, "replies")).map(({ score, question, reply, fields }) =>
      [score, question, reply, fields].join("|"),
    );
  assert.deepEqual(await read(jsonl), ["|Sharp?|No.|", "2|Sharp?|No.|"]);
  const csv = write("replies.csv", "video,reply\na.mp4,No.\nb.mp4,\n");
  assert.deepEqual(await read(csv), ["||No.|", "|||"]);
  const named = write("named.csv", "file,said,mos\na.mp4,No.,3\n");
  assert.deepEqual(await read(named, "video=file,reply=said"), ["||No.|[object Object]"]);
  assert.deepEqual(await read(named, "video=file,reply=said,score=mos"), ["3||No.|"]);
  const turns = (value: unknown) => [
    { from: "human", value: "<image>Sharp?" },
    { from: "gpt", value },
  ];
  const lines = ["It is not.", "<answer>2.5</answer>"].map((value, i) => ({
    image: `${i}.mp4`,
    conversations: turns(value),
  }));
  const training = write("turns.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
  assert.deepEqual(await read(training), ["|Sharp?|It is not.|", "2.5|Sharp?|<answer>2.5</answer>|"]);
  for (const [file, message] of [
    [jsonl, /replies\.jsonl:1: expected a number "score", found none/],
    [csv, /replies\.csv:2: expected a number "score", found none/],
    [training, /turns\.jsonl:1: expected a number "conversations\[1\]\.value"/],
  ] as const)
    await assert.rejects(readManifest(file), { code: "E_FORMAT", message });
  for (const wrong of [{ reply: 3 }, { question: ["x"] }, { reply: "x", score: "high" }]) {
    const file = write("wrong.jsonl", JSON.stringify({ video: "a.mp4", ...wrong }));
    await assert.rejects(readEntries(file, {}, "replies"), {
      code: "E_FORMAT",
      message: /wrong\.jsonl:1: expected a (text|number)/,
    });
  }
});
