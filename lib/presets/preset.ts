/** A preset: settings of a run as data, each with where it is from; and its keys under a user's. Knows no method. */
import { isJsonObject } from "../core/json.js";

/** What a setting may be. */
export type PresetValue = string | number | boolean | readonly string[];

/** One setting. */
export interface PresetSetting {
  readonly value: PresetValue;
  /** Where it is from: a paper's section or equation, or the public trainer's file, in words. */
  readonly from: string;
  /** False where that source does not say it and it was chosen or inferred. */
  readonly verified: boolean;
}

/** What a source does that no option of a run says. */
export interface PresetNote {
  readonly topic: string;
  readonly text: string;
}

/** Settings of a run, each with where it is from. */
export interface Preset {
  readonly title: string;
  /** The method whose keys these are. */
  readonly method: "grpo";
  /** What the prompt has to ask for; its words are the source's and are not kept in this package. */
  readonly prompt: string;
  /** By key of the configuration: `samples`, `temporal.modes`, or `rewards.NAME.OPTION`. */
  readonly settings: Readonly<Record<string, PresetSetting>>;
  readonly notes: readonly PresetNote[];
}

/** The source says so. */
export function stated(value: PresetValue, from: string): PresetSetting {
  return { value, from, verified: true };
}

/** The source does not say so. */
export function open(value: PresetValue, from: string): PresetSetting {
  return { value, from, verified: false };
}

/** Settings as a configuration has them: keys within keys, rewards as a list in the order in which they are named. */
export function presetKeys(settings: Preset["settings"]): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  const rewards = new Map<string, Record<string, unknown>>();
  for (const [path, { value }] of Object.entries(settings)) {
    const [key = "", inner, option] = path.split(".");
    if (key === "rewards") {
      const reward = rewards.get(inner ?? "") ?? { name: inner };
      rewards.set(inner ?? "", { ...reward, [option ?? ""]: value });
    } else if (inner === undefined) keys[key] = value;
    else keys[key] = { ...(isJsonObject(keys[key]) ? keys[key] : {}), [inner]: value };
  }
  return rewards.size === 0 ? keys : { ...keys, rewards: [...rewards.values()] };
}

/** The settings under a user's keys: a key that the user gives wins as a whole. */
export function underKeys<K extends object>(settings: Preset["settings"], keys: K): K {
  const given = Object.entries(keys).filter(([, value]) => value !== undefined);
  return { ...presetKeys(settings), ...Object.fromEntries(given) } as K;
}
