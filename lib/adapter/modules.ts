/**
 * The linear layers that adapters stand on, by the module paths of transformers 5 and by the engine's parameters, and which
 * of them PEFT's `target_modules` means. Pure.
 */
import { nearestName, optionError } from "../core/check.js";
import { listed } from "../core/refuse.js";
import type { ModelConfig } from "../layout/config-parts.js";
import { HF_NATIVE } from "../layout/hf.js";
import type { Prefixes } from "../layout/layout.js";
import { mapModel, savedTensors } from "../layout/parameters.js";

/** Rows of a parameter that one linear layer of transformers is. */
export interface LinearModule {
  /** Such as model.language_model.layers.0.self_attn.q_proj. */
  readonly path: string;
  /** The same as transformers before 5 and checkpoints spell it. */
  readonly stored: string;
  /** The engine's parameter. */
  readonly weight: string;
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
}

const NO_MOTION = { slowFast: [], projector: [] };
/** Matrices that no linear layer has, and the head, which takes no adapter here. */
const NOT_LINEAR = /(embed_tokens|position_embeddings|cls_token|lm_head|norm\w*)(\.weight)?$/;
/** PEFT's word for every linear layer but the head. */
const ALL_LINEAR = "all-linear";

function weightsOf(config: ModelConfig, prefixes: Prefixes) {
  return mapModel(HF_NATIVE, prefixes, config, true, NO_MOTION).flatMap(savedTensors);
}

/** In the order of the forward pass. */
export function linearModules(config: ModelConfig): LinearModule[] {
  const [stored, current] = HF_NATIVE.prefixes as readonly [Prefixes, Prefixes];
  const spelt = weightsOf(config, stored);
  return weightsOf(config, current).flatMap(({ name, shape, parameter, rowBegin }, i) => {
    const path = name.replace(/\.weight$/, "");
    const [rows = 0, columns = 0] = shape;
    if (shape.length !== 2 || path === name || NOT_LINEAR.test(path)) return [];
    const other = (spelt[i]?.name ?? "").replace(/\.weight$/, "");
    return [{ path, stored: other, weight: parameter, firstRow: rowBegin, rows, columns }];
  });
}

/**
 * Those that `target_modules` means, as PEFT reads it: a list of whole paths or of what paths end with; a text is a regular
 * expression of the whole path, or "all-linear".
 *
 * @param option  what to name in messages.
 * @throws {EngineError} E_OPTION for a name or an expression that no linear layer of this model has.
 */
export function targetedModules(
  modules: readonly LinearModule[],
  targets: readonly string[] | string,
  option: string,
): LinearModule[] {
  if (typeof targets === "string") return byExpression(modules, targets, option);
  const hits = (target: string) =>
    modules.filter(({ path }) => path === target || path.endsWith(`.${target}`));
  for (const [i, target] of targets.entries())
    if (hits(target).length === 0) throw unknownTarget(modules, target, `${option}[${i}]`);
  if (targets.length === 0) throw optionError(option, "at least one module", targets);
  const wanted = new Set(targets.flatMap(hits));
  return modules.filter((module) => wanted.has(module));
}

function byExpression(modules: readonly LinearModule[], expression: string, option: string): LinearModule[] {
  if (expression === ALL_LINEAR) return [...modules];
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${expression})$`);
  } catch (cause) {
    throw optionError(option, "a regular expression", expression, (cause as Error).message);
  }
  const found = modules.filter(({ path }) => pattern.test(path));
  if (found.length > 0) return found;
  const hint = `paths are such as ${modules.at(-1)?.path}, and the expression is of a whole one`;
  throw optionError(option, "an expression that a module path of this model has", expression, hint);
}

function unknownTarget(modules: readonly LinearModule[], target: string, option: string) {
  const names = [...new Set(modules.map(({ path }) => path.slice(path.lastIndexOf(".") + 1)))];
  const near = nearestName(target, names);
  const hint = near === null ? `known here: ${listed(names, names.length)}` : `did you mean "${near}"?`;
  return optionError(option, "the name of a linear layer of this model", target, hint);
}
