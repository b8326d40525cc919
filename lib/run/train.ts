/** `train` and `resumeTraining`: runs by GRPO. */
import { checkPath } from "../core/check.js";
import { checkOptions, type Names } from "../core/known-options.js";
import { newlyRuled, ruledAsStored } from "../core/rules.js";
import type { GrpoMeasures } from "../grpo/event.js";
import { type GrpoParts, grpoMethod } from "../grpo/method.js";
import { RunFolder } from "../run-folder/folder.js";
import { configKeys, parseConfig, type TrainConfig, type TrainConfigInput } from "./config.js";
import { nativeEngine } from "./engine.js";
import { keptError } from "./kept.js";
import { type ResumeOptions, type RunOptions, resumeRun, startRun, type TrainSummary } from "./run.js";

/** What a run is given beside its configuration. */
export interface TrainOptions extends RunOptions<GrpoMeasures>, GrpoParts {}

/** How a run goes on, and what of it has moved. */
export interface ResumeTrainingOptions extends ResumeOptions<GrpoMeasures>, GrpoParts {}

const TRAIN_OPTIONS: Names<TrainOptions> = {
  signal: true,
  sinks: true,
  onEvent: true,
  onLoad: true,
  dataset: true,
  schedule: true,
  rewards: true,
  perturb: true,
};
const RESUME_OPTIONS: Names<ResumeTrainingOptions> = {
  ...TRAIN_OPTIONS,
  model: true,
  data: true,
  videos: true,
  slowfast: true,
  prompt: true,
};

/**
 * Trains by GRPO into a new run folder.
 *
 * @throws {EngineError} E_OPTION for a configuration that does not fit; E_FORMAT for manifest or checkpoint; E_MEDIA,
 *                       before anything is made, when listed videos do not exist.
 */
export async function train(
  input: TrainConfigInput,
  options: TrainOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  return trainParsed(parseConfig(input), options, engine);
}

/** As `train`, from a configuration that is checked already. */
export async function trainParsed(
  keys: TrainConfig,
  options: TrainOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  checkOptions(options, TRAIN_OPTIONS);
  const config = newlyRuled(keys);
  return startRun(config, grpoMethod(config, options), options, engine);
}

/**
 * Goes on with a run from its last checkpoint, as if it had never stopped: what was written about later steps is
 * taken out and those steps are made again. Its model, list and prompt are compared with what it began with.
 *
 * @param options  the same rewards, dataset, perturbation and schedule as at first, if they were given; and `model`,
 *                 `data`, `videos`, `slowfast`, `prompt` for what lies elsewhere now.
 * @throws {EngineError} E_FORMAT when there is no run or an input of it has changed; E_BUSY when another process uses it;
 *                       E_OPTION for a new place that does not fit.
 */
export async function resumeTraining(
  run: string,
  options: ResumeTrainingOptions = {},
  engine = nativeEngine,
): Promise<TrainSummary> {
  const kept = Object.entries(options ?? {}).find(
    ([key]) => configKeys().includes(key) && !Object.hasOwn(RESUME_OPTIONS, key),
  );
  if (kept !== undefined) throw await keptError(run, ...kept);
  checkOptions(options, RESUME_OPTIONS);
  const { folder, config: stored } = await RunFolder.open(checkPath("run", run));
  const config = ruledAsStored(parseConfig(stored));
  return resumeRun(folder, config, grpoMethod(config, options), options, engine);
}
