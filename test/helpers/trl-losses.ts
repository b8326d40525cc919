/** TRL's recorded losses, and ours of the same log-probabilities, micro-batch by micro-batch; recipe: recipes/trl_functions.py. */
import assert from "node:assert/strict";
import { joined } from "../../lib/model/batch.js";
import { lossOf } from "../../lib/model/loss.js";
import type { NamedPolicySettings, PolicyLossName } from "../../lib/model/types.js";
import type { LossMetrics, LossResult } from "../../lib/native/binding.js";
import { nativeJob } from "../../lib/native/call.js";
import { assertNear } from "./closeness.js";
import { golden } from "./goldens.js";

/** By TRL's names. */
interface Options {
  readonly loss_type: PolicyLossName;
  readonly beta?: number;
  readonly use_bias_correction_kl?: boolean;
  readonly epsilon?: number;
  readonly epsilon_high?: number;
  readonly delta?: number;
  readonly importance_sampling_level?: "token" | "sequence";
  readonly top_entropy_quantile?: number;
  readonly entropy_coef?: number;
  readonly off_policy_mask_threshold?: number;
}

export interface RecordedLoss {
  readonly name: string;
  readonly options: Options;
  readonly old_given: boolean;
  /** Rows of one. */
  readonly micro_batch: number;
  readonly accumulation: number;
  /** [rows][tokens], 1 for a token that counts; rows are padded. */
  readonly mask: readonly (readonly number[])[];
  readonly losses: readonly number[];
  readonly gradient: readonly (readonly number[])[];
  /** Each of every micro-batch. */
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

interface Recorded {
  readonly max_completion_length: number;
  readonly log_probs: readonly (readonly number[])[];
  readonly old: readonly (readonly number[])[];
  readonly reference: readonly (readonly number[])[];
  readonly entropies: readonly (readonly number[])[];
  readonly advantages: readonly number[];
  readonly cases: readonly RecordedLoss[];
}

const RECORDED = golden("trl/loss") as Recorded;
export const RECORDED_LOSSES = RECORDED.cases;

/** The recordings are float32, and gradients up to 3. */
const BOUND = 1e-6;
/** Tokens of each row where none is masked: what is behind them is padding. */
const LENGTHS = (RECORDED_LOSSES[0] as RecordedLoss).mask.map((row) => row.filter((one) => one === 1).length);

const METRICS: Readonly<Record<string, (m: LossMetrics, options: Options) => number>> = {
  kl: (m) => m.kl,
  entropy: (m) => m.entropy,
  "clip_ratio/low_mean": (m) => m.clipLowFraction,
  "clip_ratio/high_mean": (m) => m.clipHighFraction,
  "clip_ratio/region_mean": (m) => m.clipFraction,
  "clip_ratio/low_min": (m) => m.clipLowLeast,
  "clip_ratio/high_max": (m) => m.clipHighMost,
  cispo_clip_ratio: (m) => m.clipFraction,
  "vespo/phi_seq_mean": (m) => m.phi,
  policy_loss: (m, options) => m.loss + (options.entropy_coef ?? 0) * m.entropy,
  entropy_coef: (_, options) => options.entropy_coef ?? 0,
};

/** TRL's options in our words. It has a ratio in its KL term unless told otherwise, and one clip for both sides. */
function settings(options: Options): NamedPolicySettings {
  const { epsilon = 0.2 } = options;
  const high = options.epsilon_high ?? epsilon;
  const clips = { clipLow: epsilon, clipHigh: high, delta: options.delta };
  const own = {
    cispo: { cispoBound: high },
    sapo: {},
    vespo: {},
    dr_grpo: { ...clips, maxCompletionLength: RECORDED.max_completion_length },
  };
  return {
    ...(options.loss_type in own ? own[options.loss_type as keyof typeof own] : clips),
    ratioLevel: options.importance_sampling_level ?? "token",
    beta: options.beta,
    klBiasCorrection: options.use_bias_correction_kl ?? true,
    entropyCoef: options.entropy_coef,
    topEntropyQuantile: options.top_entropy_quantile,
    offPolicyMaskThreshold: options.off_policy_mask_threshold,
  };
}

/** The first values of each row, which are its tokens. */
function tokens(rows: readonly (readonly number[])[], from: number, to: number): number[][] {
  return rows.slice(from, to).map((row, i) => row.slice(0, LENGTHS[from + i]));
}

/** Rows [from, to) of a recorded case, as one step of ours. */
function lossOfRows({ options, old_given, mask }: RecordedLoss, from: number, to: number) {
  const group = {
    prompt: { inputIds: Int32Array.of(1) },
    completions: LENGTHS.slice(from, to).map((length) => new Int32Array(length)),
    advantages: RECORDED.advantages.slice(from, to),
    masked: mask.slice(from, to).map((row) => !row.includes(1)),
    ...(old_given ? { oldLogProbs: tokens(RECORDED.old, from, to) } : {}),
  };
  return lossOf({ groups: [group], loss: options.loss_type, ...settings(options), learningRate: 0 });
}

/** Weights of rows [from, to) as part of the whole step: the losses of its micro-batches add up. */
function weightsOfRows(recorded: RecordedLoss, from: number, to: number): Float64Array {
  // TRL's bnpo is a mean over micro-batches of their token means: it is ours of each micro-batch.
  if (recorded.options.loss_type === "bnpo")
    return lossOfRows(recorded, from, to).weights.map((weight) => weight / recorded.accumulation);
  const sum = (lengths: readonly number[]) => lengths.reduce((total, one) => total + one, 0);
  const whole = lossOfRows(recorded, 0, LENGTHS.length).weights;
  return whole.subarray(sum(LENGTHS.slice(0, from)), sum(LENGTHS.slice(0, to)));
}

async function slopesOfRows(
  recorded: RecordedLoss,
  from: number,
  to: number,
  device: string,
): Promise<LossResult> {
  const { loss } = lossOfRows(recorded, from, to);
  const flat = (rows: readonly (readonly number[])[]) => Float32Array.from(tokens(rows, from, to).flat());
  const request = {
    loss,
    weights: weightsOfRows(recorded, from, to),
    offsets: joined(tokens(RECORDED.log_probs, from, to)).offsets,
    logProbs: flat(RECORDED.log_probs),
    entropies: flat(RECORDED.entropies),
    reference: recorded.options.beta === undefined ? new Float32Array() : flat(RECORDED.reference),
    device,
  };
  return nativeJob(undefined, (native, job) => native.lossSlopes(request, job));
}

/** Loss of each micro-batch, gradient to each log-probability and every metric, by our loss on a device. */
export async function assertTrlLoss(recorded: RecordedLoss, device: string): Promise<void> {
  const { micro_batch: rows, options } = recorded;
  for (const [i, loss] of recorded.losses.entries()) {
    const from = i * rows;
    const found = await slopesOfRows(recorded, from, from + rows, device);
    assertNear([found.metrics.loss], [loss], BOUND, `loss ${i}`);
    const gradient = tokens(recorded.gradient, from, from + rows).flat();
    assertNear(found.logProbs, gradient, BOUND, `gradient ${i}`);
    for (const [name, values] of Object.entries(recorded.metrics)) {
      const measured = METRICS[name]?.(found.metrics, options);
      assert.ok(measured !== undefined, `${name} is not ours`);
      assertNear([measured], [values[i] ?? Number.NaN], BOUND, `${name} ${i}`);
    }
  }
  assert.equal(recorded.losses.length * rows, LENGTHS.length);
}
