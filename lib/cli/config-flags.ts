/** A flag for every plain option of the configuration, made from its schema. */
import { type Command, InvalidArgumentError } from "commander";
import { decimalNumber } from "../core/decimal.js";
import { flagOf, unitOf } from "../core/flag-name.js";
import { toType } from "../core/to-type.js";
import type { Scale } from "../data/scale.js";
import { configJsonSchema, METHOD_NAMES, type MethodName } from "../run/config.js";
import { describeFlag, KeyFlag } from "./flag.js";
import { parseInteger, parseNumber } from "./options.js";

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: object;
  readonly description?: string;
  readonly default?: unknown;
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  integer: parseInteger,
  number: parseNumber,
  string: (text) => text,
  scale: parseScale,
};

/** What stands for a value in the help, as at the same flags of other commands; others are called after their type. */
const VALUES: Readonly<Record<string, string>> = {
  model: "dir",
  slowfast: "file",
  data: "file",
  out: "dir",
  videos: "dir",
  columns: "names",
  delimiter: "character",
  seed: "number",
  device: "name",
  imageSize: "pixels",
  prompt: "file",
  labelScale: "factor",
};
const TYPE_VALUES: Readonly<Record<string, string>> = {
  integer: "count",
  number: "number",
  string: "name",
  scale: "min:max",
};

/** What a run from the command line needs beside what the schema requires: a program can give a dataset. */
const NEEDED = ["data"];
/** Keys that a run writes itself. */
const WRITTEN = ["inputs", "rules"];

const GROUP = "Options of the run, which win over those of its file:";

/** Lists and nested options are set in the file alone. Flags have no defaults: the method's schema fills them in. */
export function addConfigFlags(command: Command): Command {
  const fileAlone: string[] = [];
  for (const [key, plans] of Object.entries(keysOfMethods())) {
    const [plan] = plans;
    const type = typeOf(plan.property);
    const read = READERS[type];
    if (read === undefined && type !== "boolean") {
      if (!WRITTEN.includes(key)) fileAlone.push(key);
      continue;
    }
    const value = type === "boolean" ? null : (unitOf(key) ?? VALUES[key] ?? TYPE_VALUES[type] ?? type);
    const option = new KeyFlag(key, value, tellKey(key, plans)).helpGroup(groupOf(plans));
    if (key === "method") option.choices(METHOD_NAMES);
    else if (plan.property.enum !== undefined) option.choices(plan.property.enum);
    else if (read !== undefined) option.argParser(read);
    command.addOption(plan.property.default === true ? option.hideHelp() : option);
    // With the positive form beside it, a negative one leaves the key unset where it is not given.
    if (plan.property.default === true)
      command.addOption(new KeyFlag(key, null, tellWithout(plan), "no-").helpGroup(groupOf(plans)));
  }
  return command.addHelpText("after", foot(fileAlone));
}

/** What each of the methods that have it says of a key. */
type Plans = [Plan, ...Plan[]];

interface Plan {
  readonly method: MethodName;
  readonly property: Property;
  readonly isRequired: boolean;
}

function keysOfMethods(): Record<string, Plans> {
  const found: Record<string, Plans> = {};
  for (const method of METHOD_NAMES) {
    const { properties = {}, required = [] } = configJsonSchema(method);
    for (const [key, property] of Object.entries(properties)) {
      const plan = { method, property: property as Property, isRequired: required.includes(key) };
      found[key] = [...(found[key] ?? []), plan] as Plans;
    }
  }
  return found;
}

function groupOf([{ method }, ...others]: Plans): string {
  return others.length === 0 && method !== METHOD_NAMES[0] ? `Options of --method ${method}:` : GROUP;
}

function typeOf({ type = "", properties = {} }: Property): string {
  return type === "object" && Object.keys(properties).join() === "min,max" ? "scale" : type;
}

/** The schema's words: `What it is; default: what holds without it. Source.` */
const WORDS = /^(?<does>.*?)(?:; default: (?<usual>.*?))?\.(?: (?<source>(?:Paper|Released|Ours)\b.*)\.)?$/;

/** In the words of the first method that has the key, with the others' defaults where they are others. */
function tellKey(key: string, [first, ...others]: Plans): string {
  const { description = "", default: value, enum: choices } = first.property;
  const { does = description, usual = shownDefault(value), source } = WORDS.exec(description)?.groups ?? {};
  if (key === "method") return describeFlag("how it learns", { choices: METHOD_NAMES, usual });
  const differing = others.flatMap(({ method, property }) => {
    const other = shownDefault(property.default);
    return other === undefined || other === shownDefault(value) ? [] : [`, of ${method} ${other}`];
  });
  const words = {
    needed: first.isRequired || NEEDED.includes(key),
    choices,
    usual: usual === undefined ? undefined : `${usual}${differing.join("")}`,
    source: source && small(source),
  };
  return describeFlag(small(does), words);
}

/** Of a key that is on unless its flag is given: the schema names what it brings. */
function tellWithout({ property: { description = "" } }: Plan): string {
  const { does = description, source } = WORDS.exec(description)?.groups ?? {};
  return describeFlag(`without ${small(does)}`, { usual: "with", source: source && small(source) });
}

/** The first letter small, unless it is a letter or a name of its own: `K, answers`, `SlowFast's weights`. */
function small(text: string): string {
  return text.replace(/^[A-Z](?=[a-z]+\b)/, (letter) => letter.toLowerCase());
}

/** A default as a person would type it; what is off unless its flag is given has none to tell. */
function shownDefault(value: unknown): string | undefined {
  if (value === undefined || value === false) return undefined;
  const isTiny = typeof value === "number" && value !== 0 && Math.abs(value) < 1e-3;
  return isTiny ? value.toExponential() : String(value);
}

function foot(fileAlone: readonly string[]): string {
  return `
A default is that of VQAThinker's paper [paper], that of its public trainer
[released], or vqathinker's own [ours].

In the file a key is written in one word: learningRate for ${flagOf("learningRate")}.
Only there: ${fileAlone.join(", ")}; --schema describes them.

A first run:
  ${toType("train", "--data", "train.jsonl", "--out", "run", "--steps", "20", flagOf("videosPerStep"), "4")}
`;
}

/** `0:100` */
function parseScale(text: string): Scale {
  const [min, max, ...more] = text.split(":").map(decimalNumber);
  if (min == null || max == null || more.length > 0)
    throw new InvalidArgumentError("expected two numbers such as 0:100.");
  return { min, max };
}
