/** Fuzz target: lists of videos, in every way in which they may be written, and with what a user says of their columns. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { tableOf } from "../../lib/data/columns.js";
import { type ManifestOptions, readManifest } from "../../lib/data/manifest.js";
import { once, oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { JSON_WORDS, jsonText, words } from "./json.js";
import { takes } from "./target.js";

export const READERS = [
  ...["json", "jsonl", "text-file"].map((name) => `lib/core/${name}.ts`),
  ...[
    "manifest",
    "list-text",
    ...["format", "csv", "json", "json-array", "jsonl"].map((name) => `formats/${name}`),
  ].map((name) => `lib/data/${name}.ts`),
];

const KEYS =
  "video score id dataset scale image conversations dataset_name annotations image_id ann_type".split(" ");
const HEADERS = [
  "video,score",
  "id,video,score,scale,dataset",
  "filename,pred_score,gt_score",
  "video,score,more",
  "File_name,MOS,video,score",
  "video,target,score,status",
  "Video,Score",
];
const SEPARATORS = [",", ",", ";", "\t", "|", " "];
const COLUMNS = [
  "video=File_name,score=MOS",
  "score=more",
  "score=target",
  "video=1,score=2",
  "video=3,score=2,id=1",
  "video=Video,score=Score,id=id,dataset=dataset,scale=scale",
];
const DELIMITERS = [";", "tab", "|", ",", "\\t", "a", ""];
const CELLS = [
  "",
  "1",
  "2.50",
  "1..5",
  "0-100",
  '"a, b"',
  '"a""b"',
  '"two\nlines"',
  '"',
  " ",
  "=1",
  "3,5",
  "0x10",
  "1e5",
  "é",
  "\u2028",
];
const WORDS = [...JSON_WORDS, ...words(...HEADERS, '""', "\r\n", "\u00a0", "<answer>", "\u0000")];

function label(draws: Draws): unknown {
  return oneOf(draws, [3, 2.5, "3.50", "0", -1]);
}

const ROWS: readonly ((draws: Draws, video: string) => object)[] = [
  (draws, video) => ({
    video,
    score: label(draws),
    ...(once(draws, 3) ? { id: oneOf(draws, ["one", "two", 3]), dataset: "LSVQ" } : {}),
    ...(once(draws, 3) ? { scale: oneOf(draws, ["1..5", { min: 0, max: 100 }, "5..1"]), more: "x" } : {}),
  }),
  (draws, video) => ({
    image: oneOf(draws, [video, [video]]),
    id: draws.below(4),
    dataset_name: "LSVQ",
    conversations: [
      { from: "human", value: "<image>\nHow good is it?" },
      { from: "gpt", value: oneOf(draws, [label(draws), "<answer> 2.50 </answer>"]) },
    ],
  }),
  (draws, video) => ({ image_id: video, ann_type: "score", score: label(draws) }),
];

function csvText(draws: Draws, videos: readonly string[], lineEnd: string): string {
  const separator = oneOf(draws, SEPARATORS);
  const header = oneOf(draws, HEADERS);
  const cell = (name: string, video: string) =>
    /video|name/i.test(name) ? video : oneOf(draws, once(draws, 4) ? CELLS : ["1", "2.50"]);
  const lines = videos.map((video) => header.split(",").map((name) => cell(name, video)));
  const head = once(draws, 4) ? [] : [header.replaceAll(",", separator)];
  const said = once(draws, 8) ? [`sep=${separator}`] : [];
  return [...said, ...head, ...lines.map((cells) => cells.join(separator))].join(lineEnd);
}

/** Columns in the first line, the separator in the second; half of the lists come without. */
function optionText(draws: Draws): string {
  const columns = once(draws, 2) ? oneOf(draws, COLUMNS) : "";
  return `${columns}\n${once(draws, 3) ? oneOf(draws, DELIMITERS) : ""}`;
}

function optionsIn(dir: string): ManifestOptions {
  const file = join(dir, "options");
  const [columns, delimiter] = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return { columns: columns || undefined, delimiter: delimiter || undefined };
}

export function make(draws: Draws): Uint8Array {
  const videos = Array.from(
    { length: draws.below(5) },
    () => `${oneOf(draws, ["a", "/b/", "é "])}${draws.below(9)}.mp4`,
  );
  const lineEnd = oneOf(draws, ["\n", "\r\n", "\n\n"]);
  const kind = draws.below(5);
  const rows = videos.map((video) => ROWS[kind]?.(draws, video));
  const text =
    kind === 3
      ? csvText(draws, videos, lineEnd)
      : kind === 2
        ? jsonText(draws, { annotations: rows }, KEYS)
        : kind === 4
          ? jsonText(
              draws,
              videos.map((video) => ROWS[0]?.(draws, video)),
              KEYS,
            )
          : rows.map((row) => jsonText(draws, row, KEYS)).join(lineEnd);
  const bytes = new TextEncoder().encode(oneOf(draws, ["", "", "\ufeff", "\n"]) + text);
  const list = once(draws, 16) ? Buffer.from(text, "utf16le") : spoilt(draws, bytes, WORDS);
  const options = spoilt(draws, new TextEncoder().encode(optionText(draws)), WORDS);
  // First, because a long input is cut.
  return packed({ options, list });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, ["options", "list"], async (dir) => {
    const { columns, delimiter } = optionsIn(dir);
    const areOptions = await takes(() => void tableOf(columns, delimiter), {
      code: "E_OPTION",
      file: "option ",
    });
    const entries = await readManifest(join(dir, "list"), areOptions ? { columns, delimiter } : {});
    assert.equal(
      new Set(entries.map(({ id }) => id)).size,
      entries.length,
      "each entry has an id of its own",
    );
    for (const { id, video, name, score } of entries) {
      assert.ok(typeof id === "string" && isAbsolute(video) && Number.isFinite(score) && name !== "", id);
    }
  });
}
