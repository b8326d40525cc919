/** `vqathinker presets`: the presets by name, one whole, or what differs between two. */
import { Argument, Command } from "commander";
import { optionError } from "../core/check.js";
import { toType } from "../core/to-type.js";
import type { PresetNote, PresetSetting } from "../presets/preset.js";
import {
  PRESET_NAMES,
  type PresetDifference,
  type PresetName,
  presetDifferences,
  presetOf,
} from "../presets/presets.js";
import { flag } from "./flag.js";

interface PresetFlags {
  readonly diff?: string;
  readonly json?: boolean;
}

export function presetsCommand(): Command {
  return new Command("presets")
    .description("list the presets that train takes; show NAME tells one, with where each value is from")
    .addArgument(new Argument("[action]", "show, or nothing for the list").choices(["show"]))
    .addArgument(new Argument("[name]", "the preset to show"))
    .addOption(flag("--diff <name>", "tell only what differs from this preset"))
    .option("--json", "print one JSON value")
    .action((action: "show" | undefined, name: string | undefined, { diff, json }: PresetFlags) => {
      if (action === undefined && diff !== undefined)
        throw optionError(
          "--diff",
          "a preset to show",
          diff,
          toType("presets", "show", "NAME", "--diff", diff),
        );
      const told =
        action === undefined ? listed() : diff === undefined ? shownPreset(name) : differing(name, diff);
      process.stdout.write(json ? `${JSON.stringify(told.json, null, 2)}\n` : `${told.lines.join("\n")}\n`);
    });
}

interface Told {
  readonly json: unknown;
  readonly lines: readonly string[];
}

/** Refuses what names none. */
function nameOf(option: string, name: string | undefined): PresetName {
  presetOf(name, option);
  return name as PresetName;
}

function listed(): Told {
  const rows = PRESET_NAMES.map((name) => {
    const { title, method, settings } = presetOf(name);
    const all = Object.values(settings);
    const unverified = all.filter(({ verified }) => !verified).length;
    return { name, title, method, settings: all.length, unverified };
  });
  const lines = columns(
    rows.map(({ name, title, settings, unverified }) => [
      name,
      title,
      `${settings} settings, ${unverified} unverified`,
    ]),
  );
  return { json: rows, lines };
}

function shownPreset(given: string | undefined): Told {
  const name = nameOf("name", given);
  const { title, method, prompt, settings, notes } = presetOf(name);
  const rows = Object.entries(settings).map(([setting, one]) => [setting, shownValue(one), sourceOf(one)]);
  const lines = [
    `${name}: ${title} (method ${method})`,
    `prompt: yours, with ${prompt}`,
    "",
    ...columns(rows),
    "",
    ...noted(notes),
  ];
  return { json: { name, ...presetOf(name) }, lines };
}

function differing(given: string | undefined, against: string): Told {
  const [one, other] = [nameOf("name", given), nameOf("--diff", against)];
  const differences = presetDifferences(one, other);
  const rows = differences.map(differenceCells);
  const left = differences.filter((pair) => [pair.one, pair.other].some((side) => side?.verified === false));
  const lines = [
    ...columns([["setting", one, other, `from, ${one} | ${other}`], ...rows]),
    "",
    `${differences.length} differ, ${left.length} with an unverified value`,
  ];
  return { json: { one, other, differences }, lines };
}

/** Setting, both values, both sources. */
export function differenceCells({ setting, one, other }: PresetDifference): string[] {
  const value = (side: PresetSetting | null) => (side === null ? "none" : shownValue(side));
  const source = (side: PresetSetting | null) => (side === null ? "none" : sourceOf(side));
  return [setting, value(one), value(other), `${source(one)} | ${source(other)}`];
}

function shownValue({ value }: PresetSetting): string {
  if (typeof value === "number" && value > 0 && value < 1e-3) return value.toExponential();
  return Array.isArray(value) ? value.join(" ") : String(value);
}

function sourceOf({ from, verified }: PresetSetting): string {
  return verified ? from : `${from} [unverified]`;
}

function noted(notes: readonly PresetNote[]): string[] {
  if (notes.length === 0) return [];
  return ["What no option says:", ...notes.map(({ topic, text }) => `- ${topic}: ${text}`)];
}

/** Cells one below the other; the last column is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0));
  const widths = (rows[0] ?? []).map((_, column) => width(column));
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)))
      .join("")
      .trimEnd(),
  );
}
