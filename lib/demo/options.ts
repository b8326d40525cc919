/** The demonstration's command line and its fixed numbers. Pure. */
import { parseArgs } from "node:util";
import { optionError } from "../core/check.js";
import { type PresetName, presetOf } from "../presets/presets.js";

export interface DemoOptions {
  readonly seed: number;
  /** File for the numbers; null for none. */
  readonly json: string | null;
  /** Null for the demonstration's own method. */
  readonly preset: PresetName | null;
}

/** Videos that GRPO trains on, and held-out videos of each set: some more than 300, should an answer have no score. */
export const TRAIN_VIDEOS = 200;
export const HELD_OUT_VIDEOS = 310;

/** @throws {EngineError} E_OPTION for an unknown option or a value that does not fit. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const { seed, json, preset } = given(args);
  if (!/^\d{1,9}$/.test(seed)) throw optionError("--seed", "a whole number of at most nine digits", seed);
  if (preset !== undefined) presetOf(preset, "--preset");
  return { seed: Number(seed), json: json ?? null, preset: (preset as PresetName | undefined) ?? null };
}

function given(args: readonly string[]): {
  seed: string;
  json?: string | undefined;
  preset?: string | undefined;
} {
  try {
    const text = { type: "string" } as const;
    const options = { seed: { ...text, default: "1" }, json: text, preset: text };
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw optionError(
      "demo",
      "[--seed N] [--json FILE] [--preset NAME]",
      args.join(" "),
      (error as Error).message,
    );
  }
}
