/** A user's configuration → a checked one; and the schema as JSON Schema, from which flags are made. */
import { z } from "zod";
import { checkOneOf, optionError, unknownOption } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { flagOf } from "../core/flag-name.js";
import { readJsonFile } from "../core/json.js";
import { printable } from "../core/refuse.js";
import { expectedBy } from "../core/schema.js";
import { grpoKeys } from "../grpo/keys.js";
import { type ObjectiveConfig, withObjective } from "../grpo/objective.js";
import { checkMasters, checkRated } from "../model/limits.js";
import { withPreset } from "../presets/presets.js";
import { sftKeys } from "../sft/keys.js";
import { checkSchedule } from "../train/schedule.js";
import { runKeys } from "./keys.js";
import { checkLora, USUAL_WITH_LORA } from "./lora-keys.js";

/** File, flags and API give one of these objects. The keys of a run and of its method lie side by side. */
const trainSchema = z.strictObject({ ...runKeys, ...grpoKeys });
const sftSchema = z.strictObject({ ...runKeys, ...sftKeys });
const SCHEMAS = { grpo: trainSchema, sft: sftSchema } as const;

/** How a run learns: from scores by GRPO, or from replies by supervised fine-tuning. */
export type MethodName = "grpo" | "sft";
export const METHOD_NAMES = Object.keys(SCHEMAS) as MethodName[];

/** What a user writes for a run by GRPO. */
export type TrainConfigInput = z.input<typeof trainSchema>;
/** With every default filled in. */
export type TrainConfig = z.output<typeof trainSchema> & ObjectiveConfig;
/** What a user writes for supervised fine-tuning. */
export type SftConfigInput = z.input<typeof sftSchema>;
/** With every default filled in. */
export type SftConfig = z.output<typeof sftSchema>;

/** The configuration's JSON Schema (2020-12), as published. */
export function configJsonSchema(method: MethodName = "grpo"): z.core.JSONSchema.JSONSchema {
  return jsonSchemaOf(SCHEMAS[checkOneOf("method", method, METHOD_NAMES)]);
}

/** Every key of a configuration. */
export function configKeys(): string[] {
  return [...new Set(METHOD_NAMES.flatMap((method) => Object.keys(SCHEMAS[method].shape)))];
}

/**
 * A user's configuration, over the preset that it names.
 *
 * @throws {EngineError} E_OPTION naming the key, what was expected, what was found; for an unknown key also the
 *                       nearest known one; for a preset that is none, or of another method.
 */
export function parseConfig(input: unknown): TrainConfig {
  return checkRun(openParts(input, parseGrpo(withPreset(input))));
}

/** As parseConfig, by the method that the configuration names. */
export function parseMethod(input: unknown): TrainConfig | SftConfig {
  methodOf(input);
  return checkRun(openParts(input, parseOwn(withPreset(input))));
}

/** As parseMethod, of a configuration that a run wrote: what its preset said then stands in it already. */
export function parseStored(input: unknown): TrainConfig | SftConfig {
  return checkRun(parseOwn(input));
}

function parseOwn(input: unknown): TrainConfig | SftConfig {
  return methodOf(input) === "sft" ? parseKeys(SCHEMAS.sft, input) : parseGrpo(input);
}

function methodOf(input: unknown): MethodName {
  const { method = "grpo" } = (input ?? {}) as { readonly method?: unknown };
  return checkOneOf("method", method, METHOD_NAMES);
}

function parseGrpo(input: unknown): TrainConfig {
  return withObjective(parseKeys(SCHEMAS.grpo, input));
}

/** With adapters other parts train than a preset says, unless it is said beside them. */
function openParts<C extends TrainConfig | SftConfig>(input: unknown, config: C): C {
  if (config.lora === undefined || (input as Partial<C>).trainable !== undefined) return config;
  return { ...config, trainable: config.motion ? USUAL_WITH_LORA : ["adapters"] };
}

/** What keys of a run say against each other. */
function checkRun<C extends TrainConfig | SftConfig>(config: C): C {
  checkMasters(config.optimizer.masters, config.dtype);
  checkLora(config);
  checkRated(config.learningRates ?? {}, config.trainable);
  checkSchedule(config);
  return config;
}

/** As parseConfig, for the keys of any method. */
export function parseKeys<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key often leaves another one missing: its own name says more.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined)
    throw new EngineError("E_INTERNAL", "the configuration was refused without a reason");
  if (issue.code !== "unrecognized_keys") {
    const hint = issue.input === undefined ? missingHint(schema, issue.path) : "";
    throw optionError(name(issue.path), expectedBy(issue), issue.input, hint);
  }
  const key = issue.keys[0] ?? "";
  const within = issue.path.length === 0 ? "" : `${name(issue.path)}.`;
  throw unknownOption(key, knownKeys(schema, issue.path), within);
}

/** @throws {EngineError} E_OPTION as parseMethod; E_FORMAT when the file is not a JSON object. */
export async function readConfig(
  file: string,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<TrainConfig | SftConfig> {
  return parseMethod({ ...(await readJsonFile(file)), ...overrides });
}

function name(path: readonly PropertyKey[]): string {
  return printable(path.map(String).join(".")) || "(top level)";
}

/** What a key without a default is for: it has no value, so its value tells nothing. */
function missingHint(schema: z.ZodType, path: readonly PropertyKey[]): string {
  const [key = "", ...deeper] = path.map(String);
  const node = jsonSchemaOf(schema).properties?.[key];
  if (deeper.length > 0 || typeof node !== "object" || node.description === undefined) return "";
  return `${flagOf(key)} says it: ${node.description}`;
}

type Node = z.core.JSONSchema.BaseSchema;

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(schema, { io: "input" });
}

/** The keys that the schema knows at a path; those of every alternative where there are several. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes: Node[] = [jsonSchemaOf(schema) as Node];
  for (const step of path) {
    nodes = nodes
      .flatMap((node) => [
        (typeof step === "number" ? node.items : node.properties?.[String(step)]) as Node | undefined,
      ])
      .filter((node) => node !== undefined);
    nodes = nodes.flatMap((node) => (node.oneOf ?? node.anyOf ?? [node]) as Node[]);
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}
