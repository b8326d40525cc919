/**
 * The linear layers that adapters stand on, by the module paths of transformers 5 and by the engine's parameters, and which
 * of them PEFT's `target_modules` means. Pure.
 */
import { matching } from "../core/bounded-regexp.js";
import { nearestName } from "../core/check.js";
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
/** The one matrix that is no linear layer's. */
const EMBEDDING = ".embed_tokens";
/** PEFT's word for every linear layer but the head. */
const ALL_LINEAR = "all-linear";

/** target_modules that means every linear layer of the decoder. */
export const DECODER_LINEARS = String.raw`.*\.language_model\..*`;

/** Values of A, of B, and with DoRA of the magnitudes that an adapter of this rank has on a layer. */
export function adapterValues(
  { rows, columns }: Pick<LinearModule, "rows" | "columns">,
  rank: number,
  dora: boolean,
): number[] {
  return [rank * columns, rank * rows, ...(dora ? [rows] : [])];
}

/** As of a model whose head is the embedding: a head takes no adapter here. */
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
    if (shape.length !== 2 || path === name || path.endsWith(EMBEDDING)) return [];
    const other = (spelt[i]?.name ?? "").replace(/\.weight$/, "");
    return [{ path, stored: other, weight: parameter, firstRow: rowBegin, rows, columns }];
  });
}

/** Makes an error of what was expected at a place of the targets, and what was found. */
export type Refusal = (place: string, expected: string, found: unknown, hint: string) => Error;

/**
 * Those that `target_modules` means, as PEFT reads it: a list of whole paths or of what paths end with; a text is a regular
 * expression of the whole path, or "all-linear". A name or an expression that no linear layer of this model has is refused,
 * where PEFT goes on with the others.
 */
export function targetedModules(
  modules: readonly LinearModule[],
  targets: readonly string[] | string,
  refused: Refusal,
): LinearModule[] {
  if (typeof targets === "string") return byExpression(modules, targets, refused);
  if (!Array.isArray(targets) || targets.some((one) => typeof one !== "string"))
    throw refused("", "a list of names or a regular expression", targets, "");
  if (targets.length === 0) throw refused("", "at least one module", targets, "");
  const wanted = new Set<LinearModule>();
  for (const [i, target] of targets.entries()) {
    const hits = modules.filter(({ path }) => path === target || path.endsWith(`.${target}`));
    if (hits.length === 0)
      throw refused(
        `[${i}]`,
        "the name of a linear layer of this model",
        target,
        knownNames(modules, target),
      );
    for (const module of hits) wanted.add(module);
  }
  return modules.filter((module) => wanted.has(module));
}

function byExpression(
  modules: readonly LinearModule[],
  expression: string,
  refused: Refusal,
): LinearModule[] {
  if (expression === ALL_LINEAR) return [...modules];
  const paths = modules.map(({ path }) => path);
  const hits = hitsOf(expression, "", paths, (why) => refused("", "a regular expression", expression, why));
  const found = modules.filter((_, i) => hits[i]);
  if (found.length > 0) return found;
  const hint = `it is of a whole path, such as ${paths.at(-1)}`;
  throw refused("", "an expression that matches a linear layer of this model", expression, hint);
}

/** Which paths an expression matches as a whole behind a `head`, or why that cannot be said. */
export function hitsOf(
  expression: string,
  head: string,
  paths: readonly string[],
  refused: (why: string) => Error,
): boolean[] {
  let hits: boolean[] | null;
  try {
    // By itself first: brackets round it can make an expression of what is none.
    matching(expression, []);
    hits = matching(`^${head}(?:${expression})$`, paths);
  } catch (cause) {
    throw refused((cause as Error).message);
  }
  if (hits === null) throw refused("it takes longer than a second on the names of the layers");
  return hits;
}

function knownNames(modules: readonly LinearModule[], target: string): string {
  const names = [...new Set(modules.map(({ path }) => path.slice(path.lastIndexOf(".") + 1)))];
  const near = nearestName(target, names);
  return near === null ? `known here: ${listed(names, names.length)}` : `did you mean "${near}"?`;
}
