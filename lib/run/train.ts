/** `train` and `resumeTraining`: runs by the method that their configuration names. */
import { checkPath } from "../core/check.js";
import { checkOptions, type Names, namesOf } from "../core/known-options.js";
import { newlyRuled, type Ruled, ruledAsStored } from "../core/rules.js";
import type { GrpoMeasures } from "../grpo/event.js";
import { type GrpoParts, grpoMethod } from "../grpo/method.js";
import { RunFolder } from "../run-folder/folder.js";
import type { SftMeasures } from "../sft/event.js";
import { type SftParts, sftMethod } from "../sft/method.js";
import type { PreparedMethod } from "../train/method.js";
import {
  configKeys,
  parseMethod,
  parseStored,
  type SftConfig,
  type SftConfigInput,
  type TrainConfig,
  type TrainConfigInput,
} from "./config.js";
import type { Dataset } from "./dataset.js";
import { type Engine, nativeEngine } from "./engine.js";
import { keptError } from "./kept.js";
import { type Moved, PLACES } from "./places.js";
import { type RunOptions, resumeRun, startRun, type TrainSummary } from "./run.js";

/** What a run by GRPO is given beside its configuration. */
export interface TrainOptions extends RunOptions<GrpoMeasures>, GrpoParts {
  readonly dataset?: Dataset | undefined;
}

/** What a run of supervised fine-tuning is given beside its configuration. */
export interface SftOptions extends RunOptions<SftMeasures>, SftParts {}

/** How a run goes on, and what of it has moved. */
export interface ResumeTrainingOptions extends TrainOptions, Moved {}

/** The same of supervised fine-tuning. */
export interface ResumeSftOptions extends SftOptions, Moved {}

const RUN_OPTIONS: Names<RunOptions<never>> = {
  signal: true,
  sinks: true,
  onEvent: true,
  onLoad: true,
  dataset: true,
  evalDataset: true,
  schedule: true,
};
const TRAIN_OPTIONS: Names<TrainOptions> = { ...RUN_OPTIONS, rewards: true, perturb: true };
const SFT_OPTIONS: Names<SftOptions> = { ...RUN_OPTIONS, tokenWeights: true };
const PLACE_OPTIONS = namesOf(PLACES);

/** Trains by supervised fine-tuning into a new run folder; throws as for GRPO, and for rows without a reply. */
export function train(input: SftConfigInput, options?: SftOptions, engine?: Engine): Promise<TrainSummary>;
/**
 * Trains by GRPO into a new run folder.
 *
 * @throws {EngineError} E_OPTION for a configuration that does not fit; E_FORMAT for manifest or checkpoint; E_MEDIA,
 *                       before anything is made, when listed videos do not exist.
 */
export function train(
  input: TrainConfigInput,
  options?: TrainOptions,
  engine?: Engine,
): Promise<TrainSummary>;
export async function train(
  input: TrainConfigInput | SftConfigInput,
  options: TrainOptions | SftOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  return trainParsed(parseMethod(input), options, engine);
}

/** As `train`, from a configuration that is checked already. */
export async function trainParsed(
  keys: TrainConfig | SftConfig,
  options: TrainOptions | SftOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  return byMethod(newlyRuled(keys), options, {}, (method) => startRun(keys, method, heard(options), engine));
}

/**
 * Goes on with a run from its last checkpoint, as if it had never stopped: what was written about later steps is
 * taken out and those steps are made again. Its model, list and prompt are compared with what it began with.
 *
 * @param options  the same rewards, token weights, datasets, perturbation and schedule as at first, if they were given;
 *                 and `model`, `data`, `videos`, `slowfast`, `prompt`, `evalData`, `evalVideos` for what lies elsewhere now.
 * @throws {EngineError} E_FORMAT when there is no run or an input of it has changed; E_BUSY when another process uses it;
 *                       E_OPTION for a new place that does not fit.
 */
export async function resumeTraining(
  run: string,
  options: ResumeTrainingOptions | ResumeSftOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  checkPath("run", run);
  // Whose of them they are is known once the folder has said its method.
  const known = { ...TRAIN_OPTIONS, ...SFT_OPTIONS, ...PLACE_OPTIONS };
  const kept = Object.entries(options ?? {}).find(
    ([key]) => configKeys().includes(key) && !Object.hasOwn(known, key),
  );
  if (kept !== undefined) throw await keptError(run, ...kept);
  checkOptions(options, known);
  const { folder, config: stored } = await RunFolder.open(run);
  const config = ruledAsStored(parseStored(stored));
  return byMethod(config, options, PLACE_OPTIONS, (method) =>
    resumeRun(folder, config, method, heard(options), engine),
  );
}

type Config = Ruled & (TrainConfig | SftConfig);
type Go = (method: PreparedMethod<object>) => Promise<TrainSummary>;

/** Sinks were given for what the method measures: the overloads above see to that. */
const heard = (options: TrainOptions | SftOptions) => options as RunOptions<object>;

/** Makes the method that the configuration names. @throws {EngineError} E_OPTION for options that are not its own. */
async function byMethod(
  config: Config,
  options: TrainOptions | SftOptions,
  more: Readonly<Record<string, true>>,
  go: Go,
): Promise<TrainSummary> {
  if (config.method === "sft") {
    checkOptions(options, { ...SFT_OPTIONS, ...more });
    return go(sftMethod(config, options as SftOptions) as PreparedMethod<object>);
  }
  checkOptions(options, { ...TRAIN_OPTIONS, ...more });
  return go(grpoMethod(config, options as TrainOptions) as PreparedMethod<object>);
}
