/** Fuzz target: lists of videos, in every way in which they may be written. */
import assert from "node:assert/strict";
import { isAbsolute, join } from "node:path";
import type { Draws } from "../../lib/core/rng.js";
import { readManifest } from "../../lib/data/manifest.js";
import { once, oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { JSON_WORDS, jsonText, words } from "./json.js";

export const READERS = [
  ...["json", "jsonl", "text-file"].map((name) => `lib/core/${name}.ts`),
  ...["manifest", "list-rows", "formats/format", "formats/csv", "formats/json", "formats/jsonl"].map(
    (name) => `lib/data/${name}.ts`,
  ),
];

const KEYS =
  "video score id dataset scale image conversations dataset_name annotations image_id ann_type".split(" ");
const HEADERS = [
  "video,score",
  "id,video,score,scale,dataset",
  "filename,pred_score,gt_score",
  "video,score,more",
];
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
  const header = oneOf(draws, HEADERS);
  const cell = (name: string, video: string) =>
    name === "video" || name === "filename" ? video : oneOf(draws, once(draws, 4) ? CELLS : ["1", "2.50"]);
  const lines = videos.map((video) => header.split(",").map((name) => cell(name, video)));
  return [header, ...lines.map((cells) => cells.join(","))].join(lineEnd);
}

export function make(draws: Draws): Uint8Array {
  const videos = Array.from(
    { length: draws.below(5) },
    () => `${oneOf(draws, ["a", "/b/", "é "])}${draws.below(9)}.mp4`,
  );
  const lineEnd = oneOf(draws, ["\n", "\r\n", "\n\n"]);
  const kind = draws.below(4);
  const rows = videos.map((video) => ROWS[kind]?.(draws, video));
  const text =
    kind === 3
      ? csvText(draws, videos, lineEnd)
      : kind === 2
        ? jsonText(draws, { annotations: rows }, KEYS)
        : rows.map((row) => jsonText(draws, row, KEYS)).join(lineEnd);
  const bytes = new TextEncoder().encode(oneOf(draws, ["", "", "\ufeff", "\n"]) + text);
  return packed({ list: spoilt(draws, bytes, WORDS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, ["list"], async (dir) => {
    const entries = await readManifest(join(dir, "list"));
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
