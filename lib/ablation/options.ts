/** What an ablation is given, checked by itself: which rows, seeds, videos and settings. Reads and makes nothing. */
import { basename, extname, resolve } from "node:path";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { checkFunction, checkInteger, checkOneOf, checkPath, optionError } from "../core/check.js";
import { checkObject, checkOptions, type Names } from "../core/known-options.js";
import type { SftConfigInput, TrainConfigInput } from "../run/config.js";
import type { AblationEvent } from "./event.js";
import { ROW_NAMES, type RowName, START_NAMES, type StartName, TABLE_4 } from "./table.js";

/** Keys of a configuration that the table itself says, or an option of the ablation. */
export const DECIDED = [
  ...["method", "preset", "model", "slowfast", "data", "out", "seed", "prompt", "motion"],
  ...["evalData", "evalVideos", "evalEvery", "evalSamples", "evalTemperature", "patience", "inputs", "rules"],
] as const;

/** What `ablate` is given. */
export interface AblateOptions {
  /** The paper's table to run; 4 is the one that there is, and the default. */
  readonly table?: 4 | undefined;
  /** Folder of all that is made. One with finished learnings of the same settings is gone on with. */
  readonly out: string;
  /** N: every row learns with the seeds 1 to N; default: 3. More may be made later in the same folder. */
  readonly seeds?: number | undefined;
  /** Rows to make; default: all six. */
  readonly rows?: readonly RowName[] | undefined;
  /** Checkpoint folder, or a shipped name; default: tiny-start. */
  readonly model?: string | undefined;
  /** List of the training videos; default: synthetic clips, rendered into `out`. */
  readonly data?: string | undefined;
  /** Lists of held-out videos, several of a domain being averaged by their numbers of videos. Both with `data`, none without. */
  readonly inDomain?: readonly string[] | undefined;
  readonly outOfDomain?: readonly string[] | undefined;
  /** Synthetic clips to train on (default: 200), and in each of the three held-out sets (default: 300). None with `data`. */
  readonly clips?: number | undefined;
  readonly heldOut?: number | undefined;
  /**
   * How the temporal reward is read. "answer" (default): a bonus goes to the answers whose own reward is above τ. "printed":
   * equation 8 as it is printed, where the mean is held against τ and all answers to a video earn the same, which their mean
   * takes away again: such a row learns as the one without the reward.
   */
  readonly temporal?: TemporalReading | undefined;
  /** Of every row's learning, over those of `config`; a shipped model has its own, another one the paper's. */
  readonly steps?: number | undefined;
  readonly videosPerStep?: number | undefined;
  /** Of the fine-tuning that every row's start is made by. */
  readonly startSteps?: number | undefined;
  /** File of what the model is asked, and of what it is asked where it is not to reason; a shipped model needs none. */
  readonly prompt?: string | undefined;
  readonly answerPrompt?: string | undefined;
  /** List of replies that reason, to learn the forms from; default: answers of the model itself. */
  readonly startReplies?: string | undefined;
  /**
   * Keys of every row's learning. `rewards` stand in place of the paper's of the same names, of which a row takes its own;
   * `temporal` says all but `perturb`. What the table or another option says is refused.
   */
  readonly config?: Omit<Partial<TrainConfigInput>, (typeof DECIDED)[number]> | undefined;
  /** Keys of the fine-tuning that every row's start is made by. */
  readonly startConfig?: Omit<Partial<SftConfigInput>, (typeof DECIDED)[number] | "reply"> | undefined;
  /** When it fires, what is made is saved and the promise resolves with `stopped: true`; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what is made, and every step. */
  readonly onEvent?: ((event: AblationEvent) => void) | undefined;
}

const NAMES: Names<AblateOptions> = {
  table: true,
  out: true,
  seeds: true,
  rows: true,
  model: true,
  data: true,
  inDomain: true,
  outOfDomain: true,
  clips: true,
  heldOut: true,
  temporal: true,
  steps: true,
  videosPerStep: true,
  startSteps: true,
  prompt: true,
  answerPrompt: true,
  startReplies: true,
  config: true,
  startConfig: true,
  signal: true,
  onEvent: true,
};

const DEFAULT_CLIPS = 200;
/** As many as a rank correlation needs to stand still to about 0.03. */
const DEFAULT_HELD_OUT = 300;
const DEFAULT_SEEDS = 3;

/** How the temporal reward is read. */
export const TEMPORAL_READINGS = ["answer", "printed"] as const;
/** By each answer's own reward, or as equation 8 is printed. */
export type TemporalReading = (typeof TEMPORAL_READINGS)[number];

/** Videos like those of training, or others. */
export type Domain = "inDomain" | "outOfDomain";

/** A held-out list. */
export interface SetPlace {
  readonly name: string;
  readonly domain: Domain;
  readonly list: string;
}

/** The options, checked, with every path absolute. */
export interface Plan {
  readonly out: string;
  readonly seeds: readonly number[];
  readonly rows: readonly RowName[];
  /** Those of the rows. */
  readonly starts: readonly StartName[];
  readonly model: string;
  readonly isShipped: boolean;
  /** Clips to render; null for lists of the user's own. */
  readonly clips: { readonly train: number; readonly heldOut: number } | null;
  readonly data: string;
  readonly sets: readonly SetPlace[];
  /** Null where `config` has a temporal reward of its own. */
  readonly temporal: TemporalReading | null;
  readonly prompt: string | null;
  readonly answerPrompt: string | null;
  readonly startReplies: string | null;
  /** With the steps that options say. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly startConfig: Readonly<Record<string, unknown>>;
}

/** @throws {EngineError} E_OPTION naming the first that does not fit. */
export function planOf(options: AblateOptions): Plan {
  checkOptions(options, NAMES);
  const { table = 4, onEvent, signal, seeds = DEFAULT_SEEDS, model = "tiny-start" } = options;
  if (table !== 4) throw optionError("table", "4", table, "it is the paper's one table of ablations");
  if (onEvent !== undefined) checkFunction("onEvent", onEvent);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw optionError("signal", "an AbortSignal", signal);
  checkInteger("seeds", seeds, 1, 1000);
  const isShipped = shippedCheckpoint(checkPath("model", model)) !== null;
  const out = resolve(checkPath("out", options.out));
  const rows = rowsOf(options.rows ?? ROW_NAMES);
  const asked = askedFiles(options, rows, isShipped);
  return {
    out,
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    rows,
    starts: START_NAMES.filter((start) => rows.some((row) => TABLE_4[row].start === start)),
    model: isShipped ? model : resolve(model),
    isShipped,
    ...videosOf(options, out),
    ...asked,
    temporal: temporalOf(options),
    startReplies: fileOf("startReplies", options.startReplies),
    config: keysOf("config", options.config, DECIDED, {
      steps: { name: "steps", value: options.steps },
      videosPerStep: { name: "videosPerStep", value: options.videosPerStep },
    }),
    startConfig: keysOf("startConfig", options.startConfig, [...DECIDED, "reply"], {
      steps: { name: "startSteps", value: options.startSteps },
    }),
  };
}

function temporalOf({ temporal, config }: AblateOptions): TemporalReading | null {
  if (temporal !== undefined) checkOneOf("temporal", temporal, TEMPORAL_READINGS);
  const rewards: unknown = config?.rewards;
  const isOwn = Array.isArray(rewards) && rewards.some((reward) => Object(reward).name === "temporal");
  if (!isOwn) return temporal ?? "answer";
  if (temporal === undefined) return null;
  throw optionError("temporal", "none beside a temporal reward in config", temporal, "its options say it");
}

/** In the table's order, each once. */
function rowsOf(given: readonly RowName[]): RowName[] {
  if (!Array.isArray(given) || given.length === 0)
    throw optionError("rows", `some of ${ROW_NAMES.join(", ")}`, given);
  const wanted = given.map((name) => checkOneOf("rows", name, ROW_NAMES));
  return ROW_NAMES.filter((name) => wanted.includes(name));
}

function videosOf(options: AblateOptions, out: string): Pick<Plan, "clips" | "data" | "sets"> {
  const { data, inDomain, outOfDomain, clips, heldOut } = options;
  if (data === undefined) {
    for (const [name, lists] of Object.entries({ inDomain, outOfDomain }))
      if (lists !== undefined) throw optionError(name, "none without a list of training videos", lists);
    const train = checkInteger("clips", clips ?? DEFAULT_CLIPS, 2);
    const count = checkInteger("heldOut", heldOut ?? DEFAULT_HELD_OUT, 3);
    const place = (kind: string, domain: Domain) => ({ name: kind, domain, list: renderedList(out, kind) });
    return {
      clips: { train, heldOut: count },
      data: renderedList(out, "train"),
      sets: [
        place("in-domain", "inDomain"),
        place("unseen-content", "outOfDomain"),
        place("unseen-distortion", "outOfDomain"),
      ],
    };
  }
  for (const [name, count] of Object.entries({ clips, heldOut }))
    if (count !== undefined) throw optionError(name, "none beside lists of videos", count);
  const sets = Object.entries({ inDomain, outOfDomain } as const).flatMap(([domain, lists]) =>
    listsOf(domain as Domain, lists),
  );
  return { clips: null, data: resolve(checkPath("data", data)), sets: named(sets) };
}

/** Where a rendered set's list is. */
export function renderedList(out: string, kind: string): string {
  return resolve(out, "data", `${kind}.jsonl`);
}

function listsOf(domain: Domain, lists: readonly string[] | undefined): Omit<SetPlace, "name">[] {
  if (!Array.isArray(lists) || lists.length === 0)
    throw optionError(domain, "one list of held-out videos or more", lists, "the table has both domains");
  return lists.map((list: unknown) => ({ domain, list: resolve(checkPath(domain, list)) }));
}

/** A set is called as its file where that tells it from the others. */
function named(sets: readonly Omit<SetPlace, "name">[]): SetPlace[] {
  const short = (list: string) => basename(list, extname(list));
  const names = sets.map(({ list }) => short(list));
  return sets.map((set) => ({
    ...set,
    name: names.filter((name) => name === short(set.list)).length === 1 ? short(set.list) : set.list,
  }));
}

function askedFiles(
  { prompt, answerPrompt }: AblateOptions,
  rows: readonly RowName[],
  isShipped: boolean,
): Pick<Plan, "prompt" | "answerPrompt"> {
  const files = { prompt: fileOf("prompt", prompt), answerPrompt: fileOf("answerPrompt", answerPrompt) };
  if (isShipped) return files;
  const hint = "its words are not kept here (docs/presets.md)";
  // Asked so, the model gives the answers that every form is made of.
  if (files.prompt === null)
    throw optionError("prompt", "a file with what the model is asked", undefined, hint);
  if (files.answerPrompt === null && rows.some((row) => !TABLE_4[row].reasoning)) {
    const expected =
      "a file with what the model is asked where it is to answer at once, for row no-reasoning";
    throw optionError("answerPrompt", expected, undefined, hint);
  }
  return files;
}

function fileOf(option: string, path: string | undefined): string | null {
  return path === undefined ? null : resolve(checkPath(option, path));
}

function keysOf(
  option: string,
  given: object | undefined,
  decided: readonly string[],
  over: Readonly<Record<string, { readonly name: string; readonly value: number | undefined }>>,
): Record<string, unknown> {
  const keys: Record<string, unknown> = {};
  if (given !== undefined) {
    checkObject(option, given);
    Object.assign(keys, given);
  }
  for (const key of decided)
    if (keys[key] !== undefined)
      throw optionError(
        `${option}.${key}`,
        "none",
        keys[key],
        "the table says it, or an option of the ablation",
      );
  for (const [key, { name, value }] of Object.entries(over))
    if (value !== undefined) keys[key] = checkInteger(name, value, 1);
  return keys;
}
