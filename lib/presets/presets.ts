/** The presets by name: looked up, put under a user's keys, compared. */
import { checkOneOf, optionError } from "../core/check.js";
import { isJsonObject } from "../core/json.js";
import { type Preset, type PresetSetting, underKeys } from "./preset.js";
import { Q_INSIGHT_PRESET, VISUALQUALITY_R1_PRESET, VQ_INSIGHT_PRESET } from "./rivals.js";
import {
  NO_MOTION_PRESET,
  NO_REASONING_PRESET,
  PAPER_PRESET,
  RELEASED_PRESET,
  RELEASED_TEMPORAL_PRESET,
} from "./vqathinker.js";

/** Settings of a run by name, as data. */
export const presets = {
  paper: PAPER_PRESET,
  released: RELEASED_PRESET,
  "released-temporal": RELEASED_TEMPORAL_PRESET,
  "paper-no-reasoning": NO_REASONING_PRESET,
  "paper-no-motion": NO_MOTION_PRESET,
  "q-insight": Q_INSIGHT_PRESET,
  "visualquality-r1": VISUALQUALITY_R1_PRESET,
  "vq-insight": VQ_INSIGHT_PRESET,
} as const satisfies Readonly<Record<string, Preset>>;

/** One of the presets. */
export type PresetName = keyof typeof presets;
export const PRESET_NAMES = Object.keys(presets) as PresetName[];

/** @throws {EngineError} E_OPTION with the nearest name. */
export function presetOf(name: unknown, option = "preset"): Preset {
  return presets[checkOneOf(option, name, PRESET_NAMES)];
}

/**
 * A user's keys over those of the preset that they name; as they are where they name none.
 *
 * @throws {EngineError} E_OPTION for a name that is none, and for a preset of another method.
 */
export function withPreset(input: unknown): unknown {
  if (!isJsonObject(input) || input["preset"] === undefined) return input;
  const { preset: name, method = "grpo" } = input;
  const { method: own, settings } = presetOf(name);
  if (method !== own) throw optionError("preset", `none beside another method than ${own}`, name);
  return underKeys(settings, input);
}

/**
 * What a run has otherwise than its preset inside of keys that are given as a whole, such as one of its rewards' options: in
 * words, none where nothing is or there is no preset.
 *
 * @param config  with every default filled in.
 */
export function departures(config: { readonly preset?: string | undefined }): string[] {
  if (config.preset === undefined) return [];
  const { settings } = presetOf(config.preset);
  const others = Object.entries(settings).flatMap(([path, { value }]) => {
    if (!path.includes(".")) return [];
    const own = JSON.stringify(valueAt(config, path.split(".")));
    return own === JSON.stringify(value) ? [] : [`${path} ${own ?? "none"} (${JSON.stringify(value)})`];
  });
  if (others.length === 0) return [];
  return [
    `otherwise than in preset ${config.preset} (its value in parentheses): ${others.join(", ")}; ` +
      "rewards, temporal and optimizer replace the preset's as a whole",
  ];
}

/** Of a list it is the entry of that name. */
function valueAt(of: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return of;
  if (typeof of !== "object" || of === null) return undefined;
  const next = Array.isArray(of)
    ? of.find((entry: { name?: unknown }) => entry.name === key)
    : (of as Readonly<Record<string, unknown>>)[key];
  return valueAt(next, rest);
}

/** A setting on which two presets differ; null where one has none. */
export interface PresetDifference {
  readonly setting: string;
  readonly one: PresetSetting | null;
  readonly other: PresetSetting | null;
}

/**
 * What differs between two presets, in the order of the first one's settings.
 *
 * @throws {EngineError} E_OPTION as presetOf.
 */
export function presetDifferences(one: PresetName, other: PresetName): PresetDifference[] {
  const [{ settings: ours }, { settings: theirs }] = [presetOf(one), presetOf(other)];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((setting) => {
    const pair = { setting, one: ours[setting] ?? null, other: theirs[setting] ?? null };
    const [left, right] = [pair.one, pair.other].map((side) => JSON.stringify(side?.value));
    return left === right ? [] : [pair];
  });
}
