/** What a new low-rank adapter is: its options, and the layers of a model that they mean. Opens nothing. */
import {
  type AdaptedModule,
  type AdapterSettings,
  adaptedModules,
  adapterScale,
  SCALED,
} from "../adapter/config.js";
import { linearModules, targetedModules } from "../adapter/modules.js";
import type { HeldAdapter } from "../adapter/read.js";
import { checkFlag, checkInteger, checkNumber, optionError } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { streamOf } from "../core/rng.js";
import type { ModelConfig } from "../layout/config-parts.js";
import type { AdapterSpec } from "../native/binding.js";
import { streamName } from "./batch.js";

/** A new low-rank adapter: where, how large, of which kind. */
export interface AdapterOptions {
  /**
   * Linear layers by PEFT's `target_modules`: names that module paths of transformers 5 end with, or whole paths; a text is
   * a regular expression of a whole path, or "all-linear".
   */
  readonly targets: readonly string[] | string;
  /** r ≥ 1, at most the smaller side of each layer's matrix. */
  readonly rank: number;
  /** Above 0. B·A is multiplied by alpha / rank, which is above 0 and finite in float32. Default: twice the rank. */
  readonly alpha?: number | undefined;
  /** alpha / √rank instead (rsLoRA, Kalajdzievski 2023, equation 2). Default false. */
  readonly rslora?: boolean | undefined;
  /** A magnitude for each row beside its direction (DoRA, Liu et al. 2024, equation 5). Default false. */
  readonly dora?: boolean | undefined;
  /** Names the random start of A; B starts at 0. */
  readonly stream?: bigint | string | undefined;
}

const NAMES: Names<AdapterOptions> = {
  targets: true,
  rank: true,
  alpha: true,
  rslora: true,
  dora: true,
  stream: true,
};

/** An adapter that is not on a model yet. */
export interface PlannedAdapter extends HeldAdapter {
  readonly specs: readonly AdapterSpec[];
}

/**
 * @param config  of the base model.
 * @param base    its folder.
 * @param within  what the options stand in, such as "lora."; nothing for those of a call.
 * @throws {EngineError} E_OPTION naming a target that no layer has, a rank above a matrix's, or an alpha beyond float32.
 */
export function plannedAdapter(
  config: ModelConfig,
  base: string,
  options: AdapterOptions,
  within = "",
): PlannedAdapter {
  checkOptions(options, NAMES);
  const all = linearModules(config);
  const targeted = targetedModules(all, options.targets, (place, expected, found, hint) =>
    optionError(`${within}targets${place}`, expected, found, hint),
  );
  const rank = checkInteger(`${within}rank`, options.rank, 1);
  for (const { rows, columns, path } of targeted)
    if (rank > Math.min(rows, columns))
      throw optionError(`${within}rank`, `at most ${Math.min(rows, columns)}, the rank of ${path}`, rank);
  const settings: AdapterSettings = {
    rank,
    alpha: checkNumber(`${within}alpha`, options.alpha ?? 2 * rank, Number.MIN_VALUE, Number.MAX_VALUE),
    rslora: checkFlag(`${within}rslora`, options.rslora ?? false),
    dora: checkFlag(`${within}dora`, options.dora ?? false),
    targets: targeted.map(({ path }) => path),
    dropout: 0,
    rankPattern: {},
    alphaPattern: {},
    base,
  };
  if (adapterScale(settings.alpha, rank, settings.rslora) === null)
    throw optionError(`${within}alpha`, SCALED, settings.alpha);
  const stream = streamName(options.stream ?? "adapter");
  const modules = adaptedModules(settings, targeted, "");
  return { settings, modules, specs: modules.map((module) => started(module, settings.dora, stream)) };
}

/** As PEFT starts one: A uniform within 1 / √columns (He et al. 2015 with a = √5), B at 0. */
function started(module: AdaptedModule, hasMagnitude: boolean, stream: bigint): AdapterSpec {
  const { weight, firstRow, rows, columns, path, rank, scale } = module;
  const bound = 1 / Math.sqrt(columns);
  const start = { stream: streamOf(stream, path), low: -bound, high: bound };
  return {
    weight,
    firstRow,
    a: { name: `${path}.a`, shape: [rank, columns], sources: [], start },
    b: { name: `${path}.b`, shape: [rows, rank], sources: [], start: { stream: 0n, low: 0, high: 0 } },
    scale,
    hasMagnitude,
  };
}
