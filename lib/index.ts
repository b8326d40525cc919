/**
 * The public names of the package; no logic.
 *
 * @module vqathinker
 */

export { type Ablation, ablate } from "./ablation/ablate.js";
export type { AblationEvent } from "./ablation/event.js";
export type { DomainFigures, SetNumbers } from "./ablation/measured.js";
export type { AblateOptions, TemporalReading } from "./ablation/options.js";
export type {
  AblationReport,
  Difference,
  DomainReport,
  RowReport,
  SeedFigure,
  SeedReport,
} from "./ablation/report.js";
export type { Correlations, PaperNumbers, RowName, StartName } from "./ablation/table.js";
export type { ModelSettings } from "./checkpoint/settings.js";
export { EngineError, ERROR_CODES, type ErrorCode, type ErrorDetails } from "./core/errors.js";
export { streamOf, uniform } from "./core/rng.js";
export type { ManifestEntry } from "./data/entry.js";
export { type ManifestOptions, readManifest } from "./data/manifest.js";
export {
  PERTURBATION_MODES,
  type Perturbation,
  type PerturbationMode,
  perturbation,
  randomPerturbation,
} from "./data/perturb.js";
export {
  DECODED_MODES,
  type DecodedMode,
  type DecodedPlan,
  decodedPerturbation,
} from "./data/perturb-decoded.js";
export type { Scale } from "./data/scale.js";
export { type BootstrapInterval, type BootstrapOptions, bootstrap, type Drawn } from "./eval/bootstrap.js";
export { krcc, mae, plcc, rmse, srcc } from "./eval/correlation.js";
export {
  type EvaluateOptions,
  type EvaluationFigures,
  type EvaluationReport,
  type ExpectedFigures,
  evaluate,
  type Prediction,
} from "./eval/evaluate.js";
export { resultCsv } from "./eval/result-csv.js";
export {
  type AdvantageOptions,
  type AggregationOptions,
  advantages,
  aggregatedAdvantages,
  type Rewards,
} from "./grpo/advantage.js";
export type { GrpoMeasures, StepEvent, TrainEvent } from "./grpo/event.js";
export type { UserReward, UserRewards } from "./grpo/own-rewards.js";
export type { RewardModule } from "./grpo/reward-module.js";
export type { Perturb, PerturbPlace } from "./grpo/rollout.js";
export type { Reply } from "./infer/ask.js";
export type { ExpectedScore } from "./infer/expected.js";
export {
  type FrameMeasure,
  frameScorer,
  type GivenFrames,
  type MeasuredFrames,
  type MeasuredVideo,
} from "./infer/frame-scorer.js";
export type { Journal, PlacedScore } from "./infer/journal.js";
export { type JournalFile, type JournalOptions, openJournal } from "./infer/journal-file.js";
export {
  type AskedModel,
  type JournalRow,
  type JournalSubject,
  journalSubject,
} from "./infer/journal-subject.js";
export { loadModel, type ScoringModel } from "./infer/load-model.js";
export { type BatchOptions, type ScoreManyOptions, type Several, scoreMany } from "./infer/score-many.js";
export type { Judgement, OpenedVideo, Scorer } from "./infer/scorer.js";
export type { InferOptions, ScoreOptions } from "./infer/session.js";
export type { ScoreStatus, VideoScore } from "./infer/video-score.js";
export { type Inspection, type InspectOptions, inspectCheckpoint } from "./inspection/inspection.js";
export { FAMILY_NAMES, type FamilyName } from "./layout/families.js";
export { type FitNiqeOptions, fitNiqe } from "./measures/fit-niqe.js";
export { type NiqeOptions, niqe, niqeScorer } from "./measures/niqe.js";
export { type NiqeBlocks, niqeFeatures } from "./measures/niqe-features.js";
export { type NiqeFit, type NiqeModel, readNiqeModel, writeNiqeModel } from "./measures/niqe-model.js";
export {
  type AdapterOptions,
  addAdapter,
  type LoadAdapterOptions,
  loadAdapter,
  mergeAdapter,
  saveAdapter,
} from "./model/adapter.js";
export { openClip } from "./model/clip.js";
export { meanOfMeans, meanOfSums, oneWeight, tokenMean } from "./model/token-weights.js";
export { openTrainer } from "./model/trainer.js";
export type * from "./model/types.js";
export type { Preset, PresetNote, PresetSetting, PresetValue } from "./presets/preset.js";
export {
  type PresetDifference,
  type PresetName,
  presetDifferences,
  presets,
} from "./presets/presets.js";
export { makeRandomCheckpoint, type RandomCheckpointOptions } from "./random-checkpoint/random-checkpoint.js";
export { combineRewards } from "./rewards/combine.js";
export { type ComparisonOptions, comparisonReward } from "./rewards/comparison.js";
export { type DegradationOptions, degradationReward } from "./rewards/degradation.js";
export { type AnswerForm, type FormatOptions, formatReward } from "./rewards/format.js";
export { type LengthOptions, lengthReward } from "./rewards/length.js";
export type { OpponentOptions } from "./rewards/opponents.js";
export { type RankingOptions, rankingReward } from "./rewards/ranking.js";
export { type RegressionOptions, regressionReward } from "./rewards/regression.js";
export { type RelativeOptions, relativeReward } from "./rewards/relative.js";
export {
  type Answer,
  type DirectReward,
  type Reward,
  type RewardBatch,
  type RewardValues,
  type RewardVideo,
  type Variant,
  weighted,
} from "./rewards/reward.js";
export { type Compared, type TemporalOptions, temporalReward } from "./rewards/temporal.js";
export { type ThresholdOptions, thresholdReward } from "./rewards/threshold.js";
export type { PlainUnparsed, Unparsed } from "./rewards/unparsed.js";
export {
  configJsonSchema,
  type MethodName,
  parseConfig,
  type SftConfig,
  type SftConfigInput,
  type TrainConfig,
  type TrainConfigInput,
} from "./run/config.js";
export type { Dataset, ReplyDataset } from "./run/dataset.js";
export type { BestEvaluation } from "./run/evaluation.js";
export type { TrainSummary } from "./run/run.js";
export {
  type ResumeSftOptions,
  type ResumeTrainingOptions,
  resumeTraining,
  type SftOptions,
  type TrainOptions,
  train,
} from "./run/train.js";
export type { EvaluationEvent, RunEvent, Sink } from "./run-folder/events.js";
export type { PlannedMemory } from "./run-folder/planned-memory.js";
export type { SftEvent, SftMeasures } from "./sft/event.js";
export type { ReplyTokens, TokenWeights } from "./sft/weights.js";
export { type AnswerOptions, type AnswerVariant, type ParsedAnswer, parseAnswer } from "./text/answer.js";
export { buildPrompt, type PromptSlots, type PromptWording } from "./text/prompt.js";
export {
  type CheckedPrompt,
  checkPrompt,
  type Fingerprint,
  type PromptCheck,
  type PromptPart,
  promptDifferences,
  type ReleasedFacts,
  type ReleasedPrompt,
} from "./text/prompt-check.js";
export { readPrompt } from "./text/prompt-file.js";
export { type AskedText, TEMPLATE_NAMES, type TemplateName, templateWording } from "./text/templates.js";
export type { DecodeOptions, Tokenizer } from "./tokenizer/tokenizer.js";
export { type Conversion, convertCheckpoint } from "./torch-file/convert.js";
export type { LeftOut } from "./torch-file/state-dict.js";
export { type Schedule, type ScheduleOptions, scheduleOf } from "./train/schedule.js";
export type { Fragments } from "./video/fragments.js";
export { type FrameSampling, planFrames, releasedPlan, uniformPlan } from "./video/frame-plan.js";
export type { OnFrame } from "./video/frame-sink.js";
export { type FramePlan, type Frames, openFrames } from "./video/frames.js";
export { probeVideo, type VideoFacts } from "./video/probe.js";
