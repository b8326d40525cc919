/** `vqathinker inspect`: what a checkpoint folder is and takes, without loading it. */
import { Command } from "commander";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { toJson } from "../core/jsonl.js";
import { type Card, parseCard } from "../inspection/cards.js";
import { type Inspection, inspectCheckpoint } from "../inspection/inspection.js";
import { LORA_RANK, type TrainMemory } from "../inspection/train-memory.js";
import { isAdapterFolder } from "../model/adapter-folder.js";
import { readPrompt } from "../text/prompt-file.js";
import { flag } from "./flag.js";
import { adapterText, inspectAdapter } from "./inspect-adapter.js";
import { PROMPT_FILE, parseInteger } from "./options.js";

/** As many lines of a kind as a person reads; --json has all. */
const SHOWN = 20;
const NO_TOKENIZER =
  "it has no tokenizer, so that it cannot be asked anything: tokenizer.json belongs beside the weights";
const USUAL = "the template's, else the checkpoint's";

interface Flags {
  readonly json?: boolean;
  readonly card?: string;
  readonly template?: string;
  readonly prompt?: string;
  readonly frames?: number;
  readonly imageSize?: number;
}

export function inspectCommand(): Command {
  return new Command("inspect")
    .description(
      "say what a checkpoint folder holds, what it takes to score and to train, and what does not fit",
    )
    .argument("<dir>", "checkpoint or adapter folder, or tiny or tiny-start for the shipped ones")
    .option("--card <name>", "say what fits on it: a name such as h200 or rtx4090, or a number of GiB")
    .addOption(flag("--template <name>", "check this layout of the prompt", { usual: "the checkpoint's" }))
    .option("--prompt <file>", PROMPT_FILE)
    .addOption(flag("--frames <count>", "frames of a video", { read: parseInteger, usual: USUAL }))
    .addOption(flag("--image-size <pixels>", "side of a frame", { read: parseInteger, usual: USUAL }))
    .option("--json", "print one JSON object")
    .action(async (dir: string, { json, card: named, prompt, ...options }: Flags) => {
      if (await isAdapterFolder(dir)) {
        const asked = Object.entries({ card: named, prompt, ...options }).find(
          ([, given]) => given !== undefined,
        );
        if (asked !== undefined)
          throw optionError(asked[0], "none for an adapter folder", asked[1], "it is for the base's");
        process.stdout.write(adapterText(await inspectAdapter(dir), json ?? false));
        return;
      }
      const card = named === undefined ? null : parseCard(named);
      const asked = prompt === undefined ? {} : await readPrompt(prompt);
      const found = await inspectCheckpoint(shippedCheckpoint(dir) ?? dir, { ...options, ...asked });
      process.stdout.write(json ? `${toJson({ ...found, ...onCard(found, card) })}\n` : text(found, card));
      if (found.problems.length > 0 || !found.hasTokenizer) process.exitCode = 1;
    });
}

/** What a card must hold for each use. */
function needs({ memory: { scoreBytesBfloat16, train } }: Inspection): [string, number][] {
  return [
    ["score", scoreBytesBfloat16],
    ["full", train.full.total],
    ["eightBit", train.eightBit.total],
    ["lora", train.lora.total],
    ...(["full", "eightBit", "lora"] as const).map((name): [string, number] => [
      `${name}WithoutRecompute`,
      train[name].withoutRecompute.total,
    ]),
  ];
}

function onCard(found: Inspection, card: Card | null): object {
  if (card === null) return {};
  const fits = Object.fromEntries(needs(found).map(([name, bytes]) => [name, bytes <= card.bytes]));
  return { card: { ...card, fits } };
}

/** With the largest unit that leaves at least one before the point. */
function scaled(value: number, base: number, units: readonly string[]): string {
  let power = 0;
  while (power + 1 < units.length && value >= base ** (power + 1)) power++;
  return `${(value / base ** power).toFixed(power === 0 ? 0 : 2)} ${units[power]}`.trim();
}

function binary(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

/** Of values. */
function amount(count: number): string {
  return scaled(count, 1000, ["", "K", "M", "B"]);
}

/** Differences are worth a look where a released prompt was meant. */
function promptVerdict({ template, released, comparedWith, differences }: Inspection["prompt"]): string[] {
  const lines = differences.map((line) => `  ${line}`);
  if (released !== null)
    return [`the released ${released} prompt${lines.length === 0 ? "" : ", but:"}`, ...lines];
  if (template.startsWith("released")) return [`not the released ${comparedWith} prompt:`, ...lines];
  return ["not a released prompt: --template released-test --prompt FILE checks one"];
}

export function text(found: Inspection, card: Card | null): string {
  const { parameters, tokensPerVideo: tokens, prompt, memory, geometry, problems } = found;
  const fits = (bytes: number) =>
    card === null ? "" : `  ${bytes <= card.bytes ? "fits" : "does not fit"} ${card.name}`;
  const both = ({ total, withoutRecompute }: TrainMemory) =>
    [total, withoutRecompute.total].map((bytes) => `${binary(bytes)}${fits(bytes)}`).join(", or ");
  const { vision, language } = geometry;
  const rows: [string, string][] = [
    ["layout", `${found.layout}${found.family === null ? "" : `, the widths of ${found.family}`}`],
    [
      "weights",
      `${found.tensors} tensors in ${found.files} files, ${binary(found.fileBytes)}, ${found.dtypes.join(", ")}`,
    ],
    ["vision", `${vision.layers} layers of ${vision.hidden}, ${amount(parameters.vision)}`],
    ["projector", amount(parameters.projector)],
    [
      "language",
      `${language.layers} layers of ${language.hidden}, ${amount(parameters.language)}${found.tied ? ", head tied" : ""}`,
    ],
    ["motion", parameters.motion === 0 ? "none" : amount(parameters.motion)],
    ["all", amount(parameters.total)],
    [
      "a video",
      `${tokens.frames} frames of ${tokens.imageSize}: ${tokens.perFrame} tokens each${tokens.motion === 1 ? ", one for motion" : ""}; prompt ${tokens.prompt} tokens`,
    ],
    ["prompt", `template ${prompt.template}, ${prompt.characters} characters, SHA-256 ${prompt.sha256}`],
    ...promptVerdict(prompt).map((line): [string, string] => ["", line]),
    [
      "score, CPU",
      `${binary(memory.scoreBytes)} in float32, ${binary(memory.scoreBytesBfloat16)} in bfloat16`,
    ],
    ["score, card", `${binary(memory.scoreBytesBfloat16)}${fits(memory.scoreBytesBfloat16)}`],
    ["train", "one video in a micro-batch; recompute true, or false:"],
    ["train, full", both(memory.train.full)],
    ["train, 8-bit", both(memory.train.eightBit)],
    ["train, LoRA", `${both(memory.train.lora)} at rank ${LORA_RANK}`],
    ...found.skipped.map(({ why, names }): [string, string] => [
      "skipped",
      `${names.length} tensors: ${why}`,
    ]),
  ];
  const lines = [found.dir, ...rows.map(([name, value]) => `  ${name.padEnd(13)} ${value}`)];
  const shown = problems.slice(0, SHOWN).map((problem) => `    ${problem}`);
  const more = problems.length > SHOWN ? [`    and ${problems.length - SHOWN} more (--json has all)`] : [];
  const verdict =
    problems.length === 0
      ? [found.hasTokenizer ? "  everything fits" : `  everything fits, but ${NO_TOKENIZER}`]
      : [`  ${problems.length} things do not fit:`, ...shown, ...more];
  return `${[...lines, ...verdict].join("\n")}\n`;
}
