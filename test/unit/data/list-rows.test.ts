/** Label files as other people write them: what is refused says how it loads, and then it does. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ManifestOptions, readManifest } from "../../../lib/data/manifest.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const loaded = async (file: string, options: ManifestOptions = {}) =>
  (await readManifest(file, options)).map(({ name, score }) => [name, score]);
const refused = (file: string, message: RegExp, options: ManifestOptions = {}) =>
  assert.rejects(readManifest(file, options), { code: "E_FORMAT", message });
const wrongOption = (options: ManifestOptions, message: RegExp) =>
  assert.rejects(readManifest(join(dir, "no file"), options), { code: "E_OPTION", message });

const BOTH = [
  ["a.mp4", 3.2],
  ["b.mp4", 1.4],
];

test("another separator is named, and --delimiter takes it", async () => {
  const cases: [string, string, string][] = [
    [";", "semicolons", '";"'],
    ["\t", "tabs", "tab"],
    ["|", "bars", '"|"'],
  ];
  for (const [separator, called, option] of cases) {
    const file = write("separated.csv", `video,score\na.mp4,3.2\nb.mp4,1.4\n`.replaceAll(",", separator));
    const message = new RegExp(
      `separated\\.csv:1: expected cells separated by commas, found ${called} in .*: --delimiter ${option.replace("|", "\\|")}$`,
    );
    await refused(file, message);
    const delimiters = separator === "\t" ? ["\t", "tab", "\\t"] : [separator];
    for (const delimiter of delimiters) assert.deepEqual(await loaded(file, { delimiter }), BOTH);
  }
  const commas = write("commas.csv", "video,score\na.mp4,3.2\n");
  await refused(commas, /commas\.csv:1: expected cells separated by semicolons, found commas/, {
    delimiter: ";",
  });
});

test("cells that blanks separate are told how commas come in, with a header and without", async () => {
  const rows = "a.mp4 3.2\nb.mp4   1.4\n";
  const says = (first: string) =>
    new RegExp(`blanks\\.txt:1: .* by commas, found blanks in ${first}: tr -s " " , < FILE writes commas$`);
  await refused(write("blanks.txt", rows), says("a\\.mp4 3\\.2"));
  for (const header of ["video score", "video  score ", "File_name MOS"])
    await refused(write("blanks.txt", `${header}\r\n${rows}`), says(header));
  await refused(write("blanks.txt", `File_name MOS\n${rows}`), says("File_name MOS"), {
    columns: "video=File_name,score=MOS",
  });
  await refused(write("blanks.txt", "filename pred_score gt_score\na.mp4 3 3.2\n"), says("filename pred.*"));
  const turned = write("turned.csv", `video,score\n${rows}`.replaceAll(/ +/g, ","));
  assert.deepEqual(await loaded(turned), BOTH);
  for (const words of ["what is this\na.mp4 3.2\n", "no table\nat all\n"])
    await refused(
      write("words.txt", words),
      /words\.txt:1: expected JSONL .*, found (what is this|no table)$/,
    );
});

test("a first line that says the separator is taken at its word", async () => {
  for (const end of ["\n", "\r\n"]) {
    const file = write("sep.csv", ["\uFEFFsep=;", "video;score", "a.mp4;3.2", "b.mp4;1.4", ""].join(end));
    assert.deepEqual(await loaded(file), BOTH);
    assert.deepEqual(await loaded(file, { delimiter: ";" }), BOTH);
    await refused(file, /sep\.csv:1: expected the separator that was named, \|, found sep=;/, {
      delimiter: "|",
    });
  }
  await refused(
    write("line.csv", "sep=;\nvideo;score\na.mp4;x\n"),
    /line\.csv:3: expected a number "score", found "x"/,
  );
  await refused(
    write("names.csv", "sep=;\nVideo;Score\na.mp4;1\n"),
    /names\.csv:2: .*--columns video=Video,score=Score/,
  );
  await refused(write("no-sep.csv", "sep=a\nvideoascore\n"), /no-sep\.csv:1: expected JSONL .*, found sep=a/);
});

test("other names of columns are told with the option that says them", async () => {
  const cases: [string, string, string][] = [
    ["Video,Score", "video=Video,score=Score", "Video,Score"],
    ["filename,MOS", "video=filename,score=MOS", "filename,MOS"],
    ["File name,Mean score", '"video=File name,score=Mean score"', "File name,Mean score"],
    ["path,mos,video_score", "video=path,score=…", "path,mos,video_score"],
    ["x,y", "video=…,score=…", "x,y"],
  ];
  for (const [header, option, found] of cases) {
    const cells = header.split(",").length === 3 ? ",9" : "";
    const file = write("columns.csv", `${header}\na.mp4,3.2${cells}\nb.mp4,1.4${cells}\n`);
    await refused(
      file,
      new RegExp(
        `columns\\.csv:1: expected a CSV with the header video,score .*, found ${found}: --columns ${option} says them$`,
      ),
    );
    const columns = option.includes("…")
      ? `video=${header.split(",")[0]},score=${header.split(",")[1]}`
      : option.replaceAll('"', "");
    assert.deepEqual(await loaded(file, { columns }), BOTH, columns);
  }
});

test("of two scores the one that is named is taken", async () => {
  const file = write("two.csv", "video_name,mos,video_score\na.mp4,3.53,3.61\n");
  const read = (columns: string) => readManifest(file, { columns });
  const [mos] = await read("video=video_name,score=mos");
  assert.deepEqual([mos?.score, mos?.scoreText, mos?.fields], [3.53, "3.53", { video_score: "3.61" }]);
  assert.equal((await read("score=video_score,video=video_name"))[0]?.score, 3.61);
  const twice = write("twice.csv", "video,score,score\na.mp4,1,2\n");
  await refused(twice, /twice\.csv:1: expected each column once, found score 2 times/);
  const ours = write("ours.csv", "video,score,id,scale,mos2\na.mp4,1,x,0-10,7\n");
  const [entry] = await readManifest(ours, { columns: "score=mos2" });
  assert.deepEqual([entry?.id, entry?.score, entry?.scale], ["a.mp4", 7, undefined]);
  assert.deepEqual(entry?.fields, { score: "1", id: "x", scale: "0-10" });
});

test("id, dataset and scale can be named, and names hold commas and blanks", async () => {
  const header = '"clip, name","Mean score",key,set,range';
  const file = write("all.csv", `${header}\na.mp4,3,k1,LSVQ,0-10\n`);
  const columns = "video=clip, name, score = Mean score,id=key,dataset=set,scale=range";
  assert.deepEqual(await readManifest(file, { columns }), [
    {
      id: "k1",
      video: join(dir, "a.mp4"),
      name: "a.mp4",
      score: 3,
      scoreText: "3",
      dataset: "LSVQ",
      scale: { min: 0, max: 10 },
    },
  ]);
});

test("a column that is not there is told with what is there", async () => {
  const file = write("there.csv", "Video,MOS\na.mp4,3\n");
  await refused(file, /there\.csv:1: expected the column video, found Video, MOS: .* say Video$/, {
    columns: "score=MOS",
  });
  await refused(file, /there\.csv:1: expected the column mark, found Video, MOS$/, {
    columns: "video=Video,score=mark",
  });
  const semicolons = write("semicolons.csv", "Video;MOS\na.mp4;3\n");
  await refused(semicolons, /semicolons\.csv:1: .* found semicolons in Video;MOS: --delimiter ";"/, {
    columns: "video=Video,score=MOS",
  });
});

test("a table without a header is told, and its columns go by number", async () => {
  const file = write("headerless.txt", "a.mp4, -1, -1, 3.2\nb.mp4, -1, -1, 1.4\n");
  await refused(
    file,
    /headerless\.txt:1: expected a header, found no header but values; --columns video=1,score=… says them by number, and they are 1: a\.mp4, 2: -1, 3: -1, 4: 3\.2$/,
  );
  assert.deepEqual(await loaded(file, { columns: "video=1,score=4" }), BOTH);
  assert.deepEqual((await readManifest(file, { columns: "video=1,score=4,id=1" }))[0]?.fields, {
    "column 2": "-1",
    "column 3": "-1",
  });
  await refused(file, /headerless\.txt:1: expected a number "column 5", found none/, {
    columns: "video=1,score=5",
  });
  const semicolons = write("headerless.csv", "a.mp4;3,2\nb.mp4;1,4\n");
  await refused(
    semicolons,
    /found semicolons in .*: --delimiter ";"; without a header --columns video=1,score=2 says them by number$/,
  );
  assert.deepEqual(await loaded(semicolons, { columns: "video=1,score=2", delimiter: ";" }), BOTH);
  const header = write("header.csv", "video,score\na.mp4,3\n");
  await refused(header, /header\.csv:1: expected a number "column 2", found "score"/, {
    columns: "video=1,score=2",
  });
});

test("a separator that is none is told with those that are", async () => {
  const file = write("blanks.txt", "a.mp4 3.2\n");
  for (const delimiter of [" ", "  ", "a", "", ";;"])
    await assert.rejects(readManifest(file, { delimiter }), {
      code: "E_OPTION",
      message:
        /option delimiter: expected one character that separates cells: .*, no blank, letter, digit or mark of numbers/,
    });
  await assert.rejects(readManifest(file, { delimiter: " " }), {
    message: /; tr -s " " , < FILE writes commas$/,
  });
});

test("which column of a headerless table holds the score is asked where it cannot be known", async () => {
  const told = (text: string, message: RegExp) => refused(write("asked.txt", text), message);
  await told("a.mp4,3.2\n", /found no header but values, a\.mp4,3\.2: --columns video=1,score=2 says/);
  await told("3.2,a.mp4\n", /: --columns video=2,score=1 says/);
  await told("a.mp4,LSVQ,3.2\n", /--columns video=…,score=3 says .* 1: a\.mp4, 2: LSVQ, 3: 3\.2$/);
  await told("7,a.mp4,3.2\n", /--columns video=2,score=… says .* 1: 7, 2: a\.mp4, 3: 3\.2$/);
  await told("a.mp4;1;3,2\n", /--delimiter ";"; without a header --columns video=1,score=… says/);
});

test("the official table of CVD2014: semicolons, decimal commas, two scores", async () => {
  const header = "Content;File_name;Original MOS;Realignment MOS";
  const file = write("cvd.csv", `${header}\nCity;a.mp4;71,17;67,29\nCity;b.mp4;25;24,86\n`);
  await refused(
    file,
    /cvd\.csv:1: .* found semicolons .*--delimiter ";", and for the columns --columns video=File_name,score=…$/,
  );
  const read = (score: string) =>
    readManifest(file, { delimiter: ";", columns: `video=File_name,score=${score}` });
  const [first, second] = await read("Realignment MOS");
  assert.deepEqual([first?.score, first?.scoreText, second?.score], [67.29, "67.29", 24.86]);
  assert.deepEqual(first?.fields, { Content: "City", "Original MOS": "71,17" });
  assert.deepEqual(
    (await read("Original MOS")).map(({ score }) => score),
    [71.17, 25],
  );
});

test("a decimal comma is read where nothing else could be meant, and refused elsewhere", async () => {
  const scores = (...values: string[]) =>
    write("comma.csv", ["video;score", ...values.map((value, i) => `${i}.mp4;${value}`), ""].join("\n"));
  const read = async (...values: string[]) =>
    (await loaded(scores(...values), { delimiter: ";" })).map(([, score]) => score);
  assert.deepEqual(await read("3,5", "-0,25", "4"), [3.5, -0.25, 4]);
  assert.deepEqual(await read("3,125", "2,5"), [3.125, 2.5]);
  for (const values of [
    ["3,5", "2.5"],
    ["1,234", "5,678"],
    ["1.234,5"],
    ["1,234,5"],
    ["3,5", "x"],
    ["3,5", ",5"],
  ])
    await refused(scores(...values), /expected a number "score", found "[^"]*"/, { delimiter: ";" });
  await refused(
    scores("1,234"),
    /comma\.csv:2: .* found "1,234": a decimal comma is read where.*could be thousands: write a point/,
    {
      delimiter: ";",
    },
  );
  const quoted = write("quoted.csv", 'video,score\na.mp4,"3,5"\n');
  await refused(quoted, /quoted\.csv:2: expected a number "score", found "3,5": a decimal comma/);
});

test("a name with the separator in it is told to stand in quotes", async () => {
  const file = write("name.csv", "video,score\nc, final.mp4,1.4\n");
  await refused(
    file,
    /name\.csv:2: expected a CSV line like the header, found 3 cells: one that holds "," .* quotes/,
  );
});

test("another encoding is named with what makes UTF-8 of it", async () => {
  const text = "video,score\na.mp4,3.2\n";
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  for (const bytes of [
    little,
    big,
    Buffer.from(`\uFEFF${text}`, "utf16le"),
    Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
  ])
    await refused(
      write("utf16.csv", bytes),
      /utf16\.csv: expected UTF-8 text, found UTF-16: iconv -f UTF-16 -t UTF-8/,
    );
  const gbk = Buffer.concat([
    Buffer.from("video,score\nb.mp4,1\n"),
    Buffer.of(0xca, 0xd3, 0xc6, 0xb5),
    Buffer.from(".mp4,3\n"),
  ]);
  await refused(
    write("gbk.csv", gbk),
    /gbk\.csv: expected UTF-8 text, found bytes that are not, the first on line 3: .*file -i FILE.*iconv -f ENCODING -t UTF-8/,
  );
  await refused(
    write("latin1.csv", Buffer.from("video,score\ncaf\u00e9.mp4,3\n", "latin1")),
    /^(?!.*GBK).*line 2: /,
  );
});

test("tables of other programs are named with what is read", async () => {
  const cases: [string, RegExp][] = [
    ["PK\u0003\u0004\u0014", /found a zip archive, as spreadsheets are .*: save names and scores as CSV/],
    ["MATLAB 5.0 MAT-file", /found a file of MATLAB, .*: save names and scores as CSV/],
    ["\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1", /found an old spreadsheet/],
    ["\u001f\u008b\b", /found a gzip archive: unpack it first/],
    ["\0\0\0\u0020ftypisom\u00ff", /labels: expected text, found a video or picture \(MP4, MOV\)$/],
    ["\u001aE\u00df\u00a3\u00a3", /found a video \(Matroska, WebM\)$/],
    ["RIFF\u00f0\0\0\0AVI LIST", /found a video \(AVI\)$/],
    ["\u0089PNG\r\n\u001a\n", /found a picture \(PNG\)$/],
    ["%PDF-1.7\n\u00e2", /found a PDF$/],
    ["video\0\u00ff\u00fe\u0001\u0002", /found binary data, no text$/],
  ];
  for (const [bytes, message] of cases) await refused(write("labels", Buffer.from(bytes, "latin1")), message);
});

test("a JSON list and JSON lines of other keys", async () => {
  const rows = [
    { video: "a.mp4", mos: 3.2 },
    { video: "b.mp4", mos: 1.4 },
  ];
  const list = write("list.json", JSON.stringify(rows));
  const lines = write("lines.jsonl", rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await refused(
    list,
    /list\.json: \[0\]: expected a number "score", found none, but mos: --columns video=video,score=mos/,
  );
  await refused(
    lines,
    /lines\.jsonl:1: expected a number "score", found none, but mos: --columns video=video,score=mos/,
  );
  for (const file of [list, lines]) {
    assert.deepEqual(await loaded(file, { columns: "score=mos" }), BOTH);
    assert.deepEqual(await loaded(file, { columns: "video=video,score=mos" }), BOTH);
    for (const options of [{ delimiter: ";" }, { columns: "video=1,score=2" }])
      await refused(
        file,
        /expected cells with a separator, as the options columns and delimiter say, found/,
        options,
      );
  }
  const ours = rows.map(({ video, mos }) => ({ video, score: mos, id: `${video} 1` }));
  assert.deepEqual((await readManifest(write("ours.json", JSON.stringify(ours, null, 1))))[1], {
    id: "b.mp4 1",
    video: join(dir, "b.mp4"),
    name: "b.mp4",
    score: 1.4,
  });
  await refused(write("item.json", "[1]"), /item\.json: \[0\]: expected a JSON object, found 1/);
  await refused(write("none.json", "[]"), /none\.json: expected videos with scores, found none/);
  await refused(write("cut.json", '[{"video":'), /cut\.json: expected JSON: /);
  await refused(
    write("keys.json", '[{"video":"a.mp4","score":1,"score":2}]'),
    /keys\.json: the key "score" stands twice/,
  );
  const annotations = write("test.json", '{"annotations": []}');
  await refused(
    annotations,
    /test\.json: expected columns or keys, as the option columns says, found JSON with "annotations"/,
    { columns: "score=mos" },
  );
});

test("options that name no columns and no separator", async () => {
  for (const columns of ["", "video", "video=", "name=x,score=y", "video=File,mos=MOS", "=a"])
    await wrongOption(
      { columns },
      /option columns: expected text such as video=File_name,score=MOS .*the fields are video, score/,
    );
  await wrongOption({ columns: "video=a,video=b" }, /option columns: expected each field once/);
  for (const columns of ["video=1,score=MOS", "video=0,score=1"])
    await wrongOption({ columns }, /option columns: expected names or numbers, not both/);
  await wrongOption({ columns: "score=2" }, /option columns: expected numbers of video and score/);
  for (const delimiter of ["", ";;", "a", "1", '"', "'", "\n", ".", "-", " ", "\0", "\ud800"])
    await wrongOption({ delimiter }, /option delimiter: expected one character that separates cells/);
});

test("columns and separators that are no texts are refused by name", async () => {
  const file = write("typed.csv", "video,score\na.mp4,3.2\n");
  for (const wrong of [{ video: "a" }, null, 3, ["video=1"]]) {
    const expected = (option: string) => ({
      code: "E_OPTION",
      message: new RegExp(`option ${option}: expected`),
    });
    await assert.rejects(readManifest(file, { columns: wrong as never }), expected("columns"));
    await assert.rejects(readManifest(file, { delimiter: wrong as never }), expected("delimiter"));
  }
});
