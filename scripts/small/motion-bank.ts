/**
 * A fast pathway that starts by telling how often frames repeat: its stem is the change of luma from the frame before, of both
 * signs, and its units count places that change by less than thresholds, each place's own and those around it. Norms are left at
 * mean 0 and deviation 1, so that a change of nothing is nothing: measured ones would be of cuts between groups, beside which a
 * slow pan and a frozen picture are the same.
 */
import type { Shape } from "../tiny/family.js";
import type { Given } from "../tiny/start.js";
import { DEVIATION, LUMA } from "../tiny/whitening.js";

const STEM = { times: 5, now: 2, side: 7 } as const;
const PLANE = STEM.side * STEM.side;
/** Changes of luma, of 255, below which a place is counted as still. */
const STILL = [0.5, 1, 2, 4, 8, 16, 32] as const;
/** Behind the counts, the change itself, by this. */
const CHANGE = { channel: STILL.length, by: 1 / 8 } as const;
const LOCAL = STILL.length + 1;
const ALL = LOCAL + STILL.length;
/** Behind the counts, one channel holds a constant, so that the projector's norm divides all clips by the same. */
const CONSTANT = 100;
/** What is drawn, of both pathways, beside counts of 0 to 1. */
const DRAWN = 0.1;
/** Usual deviation of a count, and the usual count, less the mean of all channels. */
const USUAL = { deviation: 0.25, count: -0.8 } as const;

/** What is changed in the drawn fast pathway of a motion net with two stages, of 8 channels and then 16 inside. */
export function motionBank({ motion }: Shape): Given {
  const [early, late] = motion.stages.map(({ fast }) => fast[0]) as [number, number];
  if (motion.stems.fast < 2 || early < LOCAL || late < ALL) throw new Error("no room for a bank of changes");
  const first = "motion.1.multipathway_blocks.1.res_blocks.0";
  const second = "motion.2.multipathway_blocks.1.res_blocks.0";
  const { stems, stages } = motion;
  const passed = stages[0]?.fast[1] as number;
  const [slow, fast] = [stages[1]?.slow[1] as number, stages[1]?.fast[1] as number];
  const width = slow + fast;
  const deviation = CONSTANT / Math.sqrt(width);
  const quiet = (drawn: Float32Array) => drawn.fill(DRAWN);
  const slowly = "motion.2.multipathway_blocks.0.res_blocks.0";
  return {
    "motion.0.multipathway_blocks.1.conv.weight": (drawn) => {
      drawn.fill(0, 0, 2 * 3 * STEM.times * PLANE);
      for (const [channel, sign] of [1, -1].entries())
        for (const [c, luma] of LUMA.entries()) {
          const at = (time: number) => ((channel * 3 + c) * STEM.times + time) * PLANE + (PLANE - 1) / 2;
          drawn[at(STEM.now)] = 255 * sign * luma * (DEVIATION[c] as number);
          drawn[at(STEM.now - 1)] = -255 * sign * luma * (DEVIATION[c] as number);
        }
    },
    [`${first}.branch2.conv_a.weight`]: overTime(stems.fast, (channel) =>
      channel < STILL.length
        ? [0, 1].map((sign) => [sign, -1 / (STILL[channel] as number)])
        : channel === CHANGE.channel
          ? [0, 1].map((sign) => [sign, CHANGE.by])
          : null,
    ),
    [`${first}.branch2.norm_a.bias`]: (drawn) => drawn.fill(1, 0, STILL.length),
    [`${first}.branch2.conv_b.weight`]: around(early, LOCAL),
    [`${first}.branch2.conv_c.weight`]: straight(early, LOCAL),
    [`${first}.branch1_conv.weight`]: (drawn) => drawn.fill(0, 0, LOCAL * stems.fast),
    [`${second}.branch2.conv_a.weight`]: overTime(passed, (channel) =>
      channel < LOCAL
        ? [[channel, 1]]
        : channel < ALL
          ? [[CHANGE.channel, -1 / CHANGE.by / (STILL[channel - LOCAL] as number)]]
          : null,
    ),
    [`${second}.branch2.norm_a.bias`]: (drawn) => drawn.fill(1, LOCAL, ALL),
    [`${second}.branch2.conv_b.weight`]: around(late, ALL),
    [`${second}.branch2.conv_c.weight`]: (drawn) => {
      straight(late, ALL)(drawn);
      drawn.fill(0, ALL * late, (ALL + 1) * late);
    },
    [`${second}.branch2.norm_c.weight`]: (drawn) => drawn.fill(DRAWN, ALL + 1),
    [`${second}.branch2.norm_c.bias`]: (drawn) => drawn.fill(CONSTANT, ALL, ALL + 1),
    [`${second}.branch1_conv.weight`]: (drawn) => drawn.fill(0, 0, (ALL + 1) * passed),
    [`${second}.branch1_norm.weight`]: quiet,
    [`${slowly}.branch2.norm_c.weight`]: quiet,
    [`${slowly}.branch1_norm.weight`]: quiet,
    "motion_projector.norm.weight": (drawn) =>
      drawn.fill(deviation / USUAL.deviation).fill(0, slow + ALL, slow + ALL + 1),
    "motion_projector.norm.bias": (drawn) => drawn.fill(-USUAL.count / USUAL.deviation),
  };
}

type Edit = (drawn: Float32Array) => void;

/** Of a weight [out, inputs, 3, 1, 1]: channels that look at their own frame; null for one that stays as drawn. */
function overTime(inputs: number, looks: (channel: number) => readonly (readonly number[])[] | null): Edit {
  return (drawn) => {
    for (let channel = 0; channel < drawn.length / inputs / 3; channel++) {
      const seen = looks(channel);
      if (seen === null) continue;
      drawn.fill(0, channel * inputs * 3, (channel + 1) * inputs * 3);
      for (const [input = 0, weight = 0] of seen) drawn[(channel * inputs + input) * 3 + 1] = weight;
    }
  };
}

/** Of a weight [out, inputs, 1, 3, 3]: the mean of a place and those around it, channel by channel. */
function around(inputs: number, channels: number): Edit {
  return (drawn) => {
    drawn.fill(0, 0, channels * inputs * 9);
    for (let i = 0; i < channels; i++) drawn.fill(1 / 9, i * (inputs + 1) * 9, (i * (inputs + 1) + 1) * 9);
  };
}

/** Of a weight [out, inputs, 1, 1, 1]: channel by channel. */
function straight(inputs: number, channels: number): Edit {
  return (drawn) => {
    drawn.fill(0, 0, channels * inputs);
    for (let i = 0; i < channels; i++) drawn[i * (inputs + 1)] = 1;
  };
}
