/** Advantages, masks of cut answers and what is measured of them, against TRL's own function; recipe: recipes/trl_functions.py. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mean, variance } from "../../lib/core/stats.js";
import { aggregatedAdvantages, scored } from "../../lib/grpo/advantage.js";
import { lossOf } from "../../lib/model/loss.js";
import { assertNear } from "../helpers/closeness.js";
import { golden } from "../helpers/goldens.js";

interface RecordedAdvantages {
  readonly name: string;
  readonly group_size: number;
  readonly options: {
    readonly scale_rewards?: "group" | "batch" | "none";
    readonly multi_objective_aggregation?: "normalize_then_sum";
    readonly reward_weights?: readonly number[];
    readonly mask_truncated_completions?: boolean;
  };
  /** [functions][completions] */
  readonly rewards: readonly (readonly (number | null)[])[];
  readonly advantages: readonly number[];
  readonly completion_mask: readonly (readonly number[])[];
  readonly num_items_in_batch: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

const RECORDED = golden("trl/advantage") as {
  readonly eos: number;
  readonly pad: number;
  readonly completions: readonly (readonly number[])[];
  readonly cases: readonly RecordedAdvantages[];
};

/** The recordings are float32, and at most 2.3. */
const BOUND = 1e-6;
const SCALES = { group: "released", batch: "batch", none: "none" } as const;

/** TRL computes in float32, where the mean of eight times 0.7 is not 0.7: there equal rewards teach. Ours is 0. */
const ROUNDED = ["eight equal, .7", "eight, one differs by 1e-6"];

function ours({ rewards, group_size, options }: RecordedAdvantages): Float64Array {
  return aggregatedAdvantages(rewards, group_size, {
    scale: options.scale_rewards === undefined ? undefined : SCALES[options.scale_rewards],
    aggregation: options.multi_objective_aggregation,
    weights: options.reward_weights,
  });
}

/** Weights as if the completions were trained on: those that count have one. */
function counted({ options, advantages }: RecordedAdvantages): Float64Array {
  const { completions, eos, pad } = RECORDED;
  const masked = completions.map(
    (tokens) => options.mask_truncated_completions === true && ![eos, pad].includes(tokens.at(-1) ?? eos),
  );
  const group = {
    prompt: { inputIds: Int32Array.of(1) },
    completions: completions.map((tokens) => Int32Array.from(tokens)),
    advantages,
    masked,
  };
  return lossOf({ groups: [group], loss: "dapo", learningRate: 0 }).weights;
}

/** The group's formula with every operation rounded to float32, and sums in order. */
function inFloat32(rewards: readonly number[]): number[] {
  const f = Math.fround;
  const values = rewards.map(f);
  const sum = (terms: readonly number[]) => terms.reduce((total, term) => f(total + term), 0);
  const centre = f(sum(values) / values.length);
  const gaps = values.map((value) => f(value - centre));
  const deviation = f(Math.sqrt(f(sum(gaps.map((gap) => f(gap * gap))) / (values.length - 1))));
  return gaps.map((gap) => f(gap / f(deviation + f(1e-4))));
}

describe("TRL's advantages", () => {
  test("all recorded cases are here", () => assert.equal(RECORDED.cases.length, 48));

  for (const recorded of RECORDED.cases) {
    test(recorded.name, () => {
      const found = ours(recorded);
      if (ROUNDED.includes(recorded.name)) {
        const rewards = scored(recorded.rewards[0] ?? []);
        assertNear(inFloat32(rewards), recorded.advantages, BOUND, "in float32");
        const deviation = Math.sqrt(variance(rewards, 1));
        const exact = rewards.map((one) =>
          deviation < 1e-12 ? 0 : (one - mean(rewards)) / (deviation + 1e-4),
        );
        assertNear(found, exact, 1e-12, "in double");
        assert.ok(
          Math.abs((found[0] ?? 0) - (recorded.advantages[0] ?? 0)) > 1e-4,
          "a difference that shows",
        );
      } else assertNear(found, recorded.advantages, BOUND, "advantages");
    });
  }

  test("sums of rewards, unscored ones left out", () => {
    for (const { name, rewards, options, metrics } of RECORDED.cases) {
      const total = (rewards[0] ?? []).map((_, i) => {
        const known = rewards.map((part, p) => [part[i] ?? null, options.reward_weights?.[p] ?? 1] as const);
        const there = known.flatMap(([value, weight]) => (value === null ? [] : [value * weight]));
        return there.length === 0 ? null : there.reduce((sum, one) => sum + one, 0);
      });
      const known = scored(total);
      for (const [recorded, value] of [
        [metrics["reward"], mean(known)],
        [metrics["reward_std"], Math.sqrt(variance(known, 1))],
      ] as const)
        if (recorded === null || recorded === undefined) assert.ok(Number.isNaN(value), name);
        else assertNear([value], [recorded], BOUND, name);
    }
  });

  test("cut answers are masked, and counted tokens are those of the others", () => {
    for (const recorded of RECORDED.cases) {
      const weights = counted(recorded);
      const mask = recorded.completion_mask.flatMap((row, i) =>
        row.slice(0, RECORDED.completions[i]?.length ?? 0),
      );
      assert.deepEqual(
        Array.from(weights, (weight) => (weight === 0 ? 0 : 1)),
        mask,
      );
      const present = Array.from(weights).filter((weight) => weight !== 0);
      assert.equal(present.length, recorded.num_items_in_batch);
      assert.ok(present.every((weight) => weight === 1 / recorded.num_items_in_batch));
    }
  });
});
