/**
 * Lines of the public VQAThinker trainer's list: `image` names the video, `conversations` holds the question and the
 * score. Knows the shape of a line only.
 */

import { isJsonObject, type JsonObject } from "../core/json.js";
import { shown } from "../core/refuse.js";
import { otherFields, type Place, placeError, type Row } from "./list-row.js";

const SCORE = "conversations[1].value";
const NAMES = { video: "image", score: SCORE, id: "id", dataset: "dataset_name", question: "question" };
const KNOWN_KEYS = ["image", "conversations", "id", "dataset_name"];
const SPEAKERS = ["human", "gpt"] as const;

type Line = Pick<Row, "place" | "values">;

export function isTrainingLine(values: JsonObject): boolean {
  return !("video" in values) && ("conversations" in values || "image" in values);
}

/**
 * `id` is a plain number there and may repeat: where the ids are not all different none is taken, and every entry
 * goes by its video.
 *
 * @throws {EngineError} E_FORMAT for a line of another shape and for a video that stands twice.
 */
export function trainingRows(lines: readonly Line[]): Row[] {
  const rows = lines.map(trainingRow);
  const lineOf = new Map<unknown, number | undefined>();
  for (const { place, values } of rows) {
    const video = values["image"];
    if (lineOf.has(video))
      throw placeError(place, "each video once", `${shown(video)}, also on line ${lineOf.get(video)}`);
    lineOf.set(video, place.line);
  }
  const ids = rows.flatMap(({ values }) => (values["id"] === undefined ? [] : [String(values["id"])]));
  if (new Set(ids).size === ids.length) return rows;
  const { id: _repeated, ...names } = NAMES;
  return rows.map((row) => ({ ...row, names }));
}

function trainingRow({ place, values }: Line): Row {
  const { image, conversations, id, dataset_name } = values;
  const [video, ...more] = Array.isArray(image) ? (image as unknown[]) : [image];
  if (typeof video !== "string" || more.length > 0)
    throw placeError(place, `one video in "image"`, shown(image));
  if (!Array.isArray(conversations) || conversations.length !== 2)
    throw placeError(place, `two turns in "conversations"`, shown(conversations));
  const [question, answer] = SPEAKERS.map((speaker, i) => turn(conversations[i], speaker, i, place));
  if (typeof question !== "string")
    throw placeError(place, `a text "conversations[0].value"`, shown(question));
  const known = { image: video, id, dataset_name, question: question.replaceAll("<image>", "") };
  const passed = {
    ...(typeof answer === "string" ? { reply: answer } : {}),
    ...otherFields(values, KNOWN_KEYS),
  };
  return { place, values: { ...known, [SCORE]: untagged(answer) }, names: NAMES, passed };
}

function turn(value: unknown, speaker: string, i: number, place: Place): unknown {
  if (isJsonObject(value) && value["from"] === speaker) return value["value"];
  throw placeError(place, `"conversations[${i}]" from ${speaker}`, shown(value));
}

function untagged(answer: unknown): unknown {
  return typeof answer === "string" ? answer.replace(/<\/?answer>/g, "").trim() : answer;
}
