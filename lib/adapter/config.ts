/** PEFT's adapter_config.json: which keys say what is computed here, and what is written. Pure but for reading the file. */
import { z } from "zod";
import { type JsonObject, readJsonFile } from "../core/json.js";
import { refuse, shown } from "../core/refuse.js";
import { parseWith } from "../core/schema.js";
import { hitsOf, type LinearModule } from "./modules.js";

export const CONFIG_FILE = "adapter_config.json";

/** What an adapter is, beside its numbers. */
export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Scale alpha / √rank in place of alpha / rank (Kalajdzievski 2023, equation 2). */
  readonly rslora: boolean;
  /** Magnitudes beside directions (Liu et al. 2024). */
  readonly dora: boolean;
  /** As PEFT's target_modules. */
  readonly targets: readonly string[] | string;
  /** Kept for those who train on elsewhere: training with dropout is refused here. */
  readonly dropout: number;
  /** Ranks and alphas of modules whose path ends with a key. */
  readonly rankPattern: Readonly<Record<string, number>>;
  readonly alphaPattern: Readonly<Record<string, number>>;
  /** As the file says it; null when it does not. */
  readonly base: string | null;
}

const positive = z.number().positive();
const schema = z.object({
  peft_type: z.literal("LORA"),
  // Absent, both mean 8 to PEFT, whatever the file holds.
  r: z.int().positive(),
  lora_alpha: positive,
  target_modules: z.union([z.string(), z.array(z.string()).min(1)]),
  exclude_modules: z.union([z.string(), z.array(z.string())]).nullish(),
  use_rslora: z.boolean().optional(),
  use_dora: z.boolean().optional(),
  lora_dropout: z.number().min(0).lt(1).optional(),
  rank_pattern: z.record(z.string(), z.int().positive()).nullish(),
  alpha_pattern: z.record(z.string(), positive).nullish(),
  base_model_name_or_path: z.string().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).optional(),
});

/** Starts that leave the base model as it is; PEFT makes every other one anew, and takes it from the base, as it loads. */
const HARMLESS_STARTS: readonly unknown[] = [true, false, "gaussian", "orthogonal", undefined];

/** Keys that make another model of it where they say something. */
const NOT_COMPUTED = [
  "alora_invocation_tokens",
  "arrow_config",
  "kasa_config",
  "layer_replication",
  "layers_pattern",
  "layers_to_transform",
  "megatron_config",
  "modules_to_save",
  "monteclora_config",
  "target_parameters",
  "trainable_token_indices",
  "use_bdlora",
  "use_qalora",
  "velora_config",
] as const;
const saysNothing = (value: unknown) =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

function refuseOthers(json: JsonObject, file: string): void {
  for (const key of NOT_COMPUTED)
    if (!saysNothing(json[key])) refuse(file, null, `${key}: not computed here, found ${shown(json[key])}`);
  for (const key of ["fan_in_fan_out", "lora_bias"])
    if (json[key] === true) refuse(file, null, `${key}: expected false, found true`);
  const { init_lora_weights: start } = json;
  if (!HARMLESS_STARTS.includes(start)) {
    const cure = "save_pretrained(…, path_initial_model_for_weight_conversion=…) makes a plain LoRA of it";
    refuse(
      file,
      null,
      `init_lora_weights: ${shown(start)} changes the base model, which is not computed here: ${cure}`,
    );
  }
  const { bias = "none" } = json;
  if (bias !== "none") refuse(file, null, `bias: expected "none", found ${shown(bias)}`);
}

/** @throws {EngineError} E_FORMAT naming the key: what it asks for must be computed here whole. */
export async function readAdapterConfig(file: string): Promise<AdapterSettings> {
  const json = await readJsonFile(file);
  const found = parseWith(schema, json, file);
  refuseOthers(json, file);
  if (!saysNothing(found.exclude_modules))
    refuse(file, null, `exclude_modules: not read here; target_modules can name what is left`);
  return {
    rank: found.r,
    alpha: found.lora_alpha,
    rslora: found.use_rslora ?? false,
    dora: found.use_dora ?? false,
    targets: found.target_modules,
    dropout: found.lora_dropout ?? 0,
    rankPattern: found.rank_pattern ?? {},
    alphaPattern: found.alpha_pattern ?? {},
    base: found.base_model_name_or_path ?? null,
  };
}

/** What B·A is multiplied by; null where that is no number, or 0, in the float32 that it is computed in. */
export function adapterScale(alpha: number, rank: number, rslora: boolean): number | null {
  const scale = alpha / (rslora ? Math.sqrt(rank) : rank);
  const computed = Math.fround(scale);
  return computed > 0 && Number.isFinite(computed) ? scale : null;
}

/** What an alpha is to be for that. */
export const SCALED = "one whose scale is above 0 and finite in float32";

/** One linear layer that has an adapter, with the rank of it and what B·A is multiplied by. */
export interface AdaptedModule extends LinearModule {
  readonly rank: number;
  readonly scale: number;
}

/**
 * Ranks and scales of these layers: the first key of a pattern counts that is a layer's path, or ends it behind a point, as a
 * regular expression.
 *
 * @throws {EngineError} E_FORMAT naming the file and the key that is no expression or that no layer has its number from, and
 *   the rank that is more than a layer's matrix can have, and an alpha whose scale is beyond float32.
 */
export function adaptedModules(
  settings: AdapterSettings,
  modules: readonly LinearModule[],
  file: string,
): AdaptedModule[] {
  const paths = modules.map(({ path }) => path);
  const patterned = (key: string, patterns: Readonly<Record<string, number>>, otherwise: number) => {
    const found: (number | undefined)[] = paths.map(() => undefined);
    for (const [pattern, value] of Object.entries(patterns)) {
      const refused = (why: string) => refuse(file, null, `${key}: ${shown(pattern)}: ${why}`);
      const hits = hitsOf(pattern, "(?:.*\\.)?", paths, refused);
      const own = paths.flatMap((_, i) => (hits[i] && found[i] === undefined ? [i] : []));
      if (own.length === 0)
        refused(
          hits.includes(true)
            ? "keys before it have all layers that it matches"
            : "it matches no layer that target_modules name",
        );
      for (const i of own) found[i] = value;
    }
    return found.map((value) => value ?? otherwise);
  };
  const ranks = patterned("rank_pattern", settings.rankPattern, settings.rank);
  const alphas = patterned("alpha_pattern", settings.alphaPattern, settings.alpha);
  return modules.map((module, i) => {
    const [rank, alpha] = [ranks[i] as number, alphas[i] as number];
    const most = Math.min(module.rows, module.columns);
    if (rank > most)
      refuse(file, null, `rank ${rank}: expected at most ${most}, the smaller side of ${module.path}`);
    const scale = adapterScale(alpha, rank, settings.rslora);
    if (scale === null)
      refuse(
        file,
        null,
        `lora_alpha or alpha_pattern: expected ${SCALED}, found ${alpha} for ${module.path}`,
      );
    return { ...module, rank, scale };
  });
}

/** As PEFT writes it: keys in order. True `init_lora_weights`, or PEFT takes a tensor that is missing for random. */
export function writtenConfig(settings: AdapterSettings): JsonObject {
  return {
    alpha_pattern: { ...settings.alphaPattern },
    auto_mapping: {
      base_model_class: "InternVLForConditionalGeneration",
      parent_library: "transformers.models.internvl.modeling_internvl",
    },
    base_model_name_or_path: settings.base,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    modules_to_save: null,
    peft_type: "LORA",
    r: settings.rank,
    rank_pattern: { ...settings.rankPattern },
    target_modules: typeof settings.targets === "string" ? settings.targets : [...settings.targets],
    task_type: null,
    use_dora: settings.dora,
    use_rslora: settings.rslora,
  };
}
