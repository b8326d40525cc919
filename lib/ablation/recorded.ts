/** What an ablation's numbers depend on, as its folder keeps it; and what differs between two of them. */
import { isJsonObject, type JsonObject } from "../core/json.js";
import { nativeEngine } from "../run/engine.js";
import { hashOf } from "../run/read-inputs.js";
import { readPrompt } from "../text/prompt-file.js";
import { formOf } from "../trial/form.js";
import { SAMPLES } from "../trial/warm-up.js";
import type { Plan } from "./options.js";
import { rowKeys, startKeys } from "./row-keys.js";
import { TABLE_4 } from "./table.js";

/** Parts that hold one entry a row, start or prompt: a folder may get more of them later. */
const GROWING = ["rows", "starts", "prompts"] as const;

/**
 * @throws {EngineError} E_OPTION for keys that do not fit; E_FORMAT for a model, list or prompt that cannot be read.
 */
export async function recordOf(plan: Plan): Promise<JsonObject> {
  const { model, clips, rows, starts, sets } = plan;
  const { files, weights } = (await nativeEngine.identify(model, undefined)).model;
  const lists = clips !== null ? clips : await hashesOf([plan.data, ...sets.map(({ list }) => list)]);
  const record = {
    table: 4,
    model,
    checkpoint: { files, weights: weights.map(({ modified: _time, ...same }) => same) },
    videos: lists,
    domains: sets.map(({ domain }) => domain),
    startReplies: plan.startReplies === null ? { samples: SAMPLES } : await hashesOf([plan.startReplies]),
    rows: Object.fromEntries(rows.map((row) => [row, rowKeys(row, plan)])),
    starts: Object.fromEntries(starts.map((start) => [start, startKeys(start, plan)])),
    prompts: Object.fromEntries(
      await Promise.all(rows.map(async (row) => [String(TABLE_4[row].reasoning), await asked(row, plan)])),
    ),
  };
  // As it will be read again: without what JSON leaves out.
  return JSON.parse(JSON.stringify(record)) as JsonObject;
}

async function asked(row: Plan["rows"][number], plan: Plan): Promise<unknown> {
  const { reasoning, preset } = TABLE_4[row];
  const file = reasoning ? plan.prompt : plan.answerPrompt;
  return file === null ? { question: formOf(preset).prompt } : readPrompt(file);
}

async function hashesOf(files: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await hashOf(file)] as const)),
  );
}

/** What a folder holds with what is made in it now: more rows may stand beside those of before. */
export function grown(then: JsonObject, now: JsonObject): JsonObject {
  const more = GROWING.map((part) => [part, { ...partOf(then, part), ...partOf(now, part) }]);
  return { ...now, ...Object.fromEntries(more) };
}

/** The first place that has another value: its path and both values; null where there is none. */
export function firstDifference(
  then: JsonObject,
  now: JsonObject,
): { readonly path: string; readonly before: unknown; readonly now: unknown } | null {
  // Rows that one of them has not are no difference.
  const common = (of: JsonObject, other: JsonObject): JsonObject => {
    const parts = GROWING.map((part) => {
      const shared = Object.entries(partOf(of, part)).filter(([name]) => name in partOf(other, part));
      return [part, Object.fromEntries(shared)];
    });
    return { ...of, ...Object.fromEntries(parts) };
  };
  return differenceAt("", common(then, now), common(now, then));
}

function differenceAt(path: string, then: unknown, now: unknown): ReturnType<typeof firstDifference> {
  if (JSON.stringify(then) === JSON.stringify(now)) return null;
  if (!isJsonObject(then) || !isJsonObject(now)) return { path, before: then, now };
  for (const key of new Set([...Object.keys(then), ...Object.keys(now)])) {
    const found = differenceAt(path === "" ? key : `${path}.${key}`, then[key], now[key]);
    if (found !== null) return found;
  }
  return null;
}

function partOf(record: JsonObject, part: string): JsonObject {
  const found = record[part];
  return isJsonObject(found) ? found : {};
}
