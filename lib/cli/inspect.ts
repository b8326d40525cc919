/** `vqathinker inspect`: what a checkpoint folder is and takes, without loading it. */
import { Command } from "commander";
import { SHIPPED_TOLD, shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { toJson } from "../core/jsonl.js";
import { amount, binary } from "../core/size-text.js";
import { type Card, parseCard } from "../inspection/cards.js";
import { type Inspection, inspectCheckpoint } from "../inspection/inspection.js";
import { PLANNED_STEP, TRAIN_PLAN_NAMES, TRAIN_PLANS, type TrainPlanned } from "../inspection/train-plans.js";
import { isAdapterFolder } from "../model/adapter-folder.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";
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
  readonly adapter?: string;
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
    .argument("<dir>", `checkpoint or adapter folder, or ${SHIPPED_TOLD}`)
    .addOption(flag("--adapter <dir>", "folder of a LoRA adapter to look at beside its base"))
    .option("--card <name>", "say what fits on it: a name such as h200 or rtx4090, or a number of GiB")
    .addOption(flag("--template <name>", "check this layout of the prompt", { usual: "the checkpoint's" }))
    .option("--prompt <file>", PROMPT_FILE)
    .addOption(flag("--frames <count>", "frames of a video", { read: parseInteger, usual: USUAL }))
    .addOption(flag("--image-size <pixels>", "side of a frame", { read: parseInteger, usual: USUAL }))
    .option("--json", "print one JSON object")
    .action(async (dir: string, { json, adapter, card: named, prompt, ...options }: Flags) => {
      if (adapter !== undefined || (await isAdapterFolder(dir))) {
        const asked = Object.entries({ card: named, prompt, ...options }).find(
          ([, given]) => given !== undefined,
        );
        if (asked !== undefined)
          throw optionError(asked[0], "none for an adapter folder", asked[1], "it is for the base's");
        process.stdout.write(
          adapterText(await inspectAdapter(shippedCheckpoint(dir) ?? dir, adapter), json ?? false),
        );
        return;
      }
      const card = named === undefined ? null : parseCard(named);
      const asked = prompt === undefined ? {} : await readPrompt(prompt);
      const looked = { ...options, ...asked, cardBytes: card?.bytes };
      const found = await inspectCheckpoint(shippedCheckpoint(dir) ?? dir, looked);
      process.stdout.write(json ? `${toJson({ ...found, ...onCard(found, card) })}\n` : text(found, card));
      if (found.problems.length > 0 || !found.hasTokenizer) process.exitCode = 1;
    });
}

/** Whether a card holds each use. */
function onCard({ memory }: Inspection, card: Card | null): object {
  if (card === null) return {};
  const fits = TRAIN_PLAN_NAMES.flatMap((name): [string, boolean][] => {
    const { kept, recompute } = memory.train[name];
    return [
      [name, isHeld(recompute)],
      [`${name}WithoutRecompute`, isHeld(kept)],
    ];
  });
  const score: [string, boolean] = ["score", memory.scoreBytesBfloat16 <= card.bytes];
  return { card: { ...card, fits: Object.fromEntries([score, ...fits]) } };
}

function isHeld({ peakBytes, availableBytes }: PlannedMemory): boolean {
  return availableBytes === null || peakBytes <= availableBytes;
}

/** The run on this card: without recomputed activations where that fits, else with. */
function planVerdict({ kept, recompute, ways }: TrainPlanned, card: Card | null): string {
  if (card === null) return `${binary(recompute.peakBytes)}, or ${binary(kept.peakBytes)}`;
  const plan = isHeld(kept) ? kept : recompute;
  const again = plan === kept ? "" : " with recompute";
  if (!isHeld(plan)) {
    const [way] = ways;
    const would = way === undefined ? "" : `; would with ${way.changes.join(", ")}: ${binary(way.peakBytes)}`;
    return `does not fit ${card.name}: ${binary(plan.peakBytes)}${again}, one video in a micro-batch${would}`;
  }
  const { microVideos } = plan;
  const micro = microVideos === 1 ? "one video" : `up to ${microVideos} videos`;
  return `fits ${card.name}: ${binary(plan.peakBytes)}${again}, ${micro} in a micro-batch`;
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
  const { vision, language } = geometry;
  const { videosPerStep, samples, maxNewTokens } = PLANNED_STEP;
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
    [
      "train",
      `${videosPerStep} videos in a step, ${samples} answers of ${maxNewTokens} tokens to each, a reference`,
    ],
    ...(card === null
      ? [["", "one video in a micro-batch; recompute true, or false:"] as [string, string]]
      : []),
    ...TRAIN_PLAN_NAMES.flatMap((name): [string, string][] => [
      [`  ${name}`, planVerdict(memory.train[name], card)],
      ["", `  ${TRAIN_PLANS[name].says}`],
    ]),
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
      ? [
          found.hasTokenizer
            ? "  complete: every tensor has its place"
            : `  complete: every tensor has its place, but ${NO_TOKENIZER}`,
        ]
      : [`  incomplete: ${problems.length} things do not fit:`, ...shown, ...more];
  return `${[...lines, ...verdict].join("\n")}\n`;
}
