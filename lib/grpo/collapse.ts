/**
 * Finds runs that have collapsed, from what their steps measured: answers that are all alike, that lost their form, grew
 * without end or left the reference. Each is told once. Knows no model and no file.
 */
import { percent } from "../core/percent.js";
import { mean } from "../core/stats.js";
import type { Warning } from "../run-folder/events.js";
import type { StepEvent } from "./event.js";

/** A collapse lasts: what is judged are means or medians over so many steps, so that one bad step is none. */
const WINDOW = 20;
/** What a run was like before is taken from fewer, so that one that collapses at once is seen too. */
const SHORT = 5;

/** Scores that differ less than a tenth of what the labels do, where they once differed more than a fifth. */
const ALIKE = 0.1;
const APART = 0.2;
/** Share of scores that are no rating any more. */
const OFF_SCALE = 0.5;
/** Share of the answers with a score that the run once had. */
const FORM_KEPT = 0.7;
/** Growth of answers since the first steps, and how near to their limit they are then in any case. */
const GROWTH = 2;
const NEAR_LIMIT = 0.9;
/**
 * Nats a token. Runs of the demonstration stay below 0.3 over any 20 steps at its learning rate of 3e-4; at 1e-3, where
 * their answers go to pieces sooner or later, they pass 0.4 within 40 steps.
 */
const FAR = 0.4;
/** Share of the first steps' entropy that is left. */
const ENTROPY_KEPT = 0.1;
/** Mean distance of the ratio from 1: rollout and policy are two models. */
const OFF_POLICY = 0.5;

type Measured = StepEvent & { readonly entropy?: number | null | undefined };

/** The last steps, the first ones, and what all of them have been. */
interface Seen {
  readonly last: readonly Measured[];
  readonly first: readonly Measured[];
  /** Highest share of answers with a score that any SHORT steps had. */
  readonly bestParsed: number;
  /** Widest spread of scores over videos that a step had, in spreads of its labels. */
  readonly widest: number;
  readonly maxNewTokens: number;
}

/** What is wrong, in words; null where nothing is, or nothing can be said. */
type Detector = (seen: Seen) => string | null;

const DETECTORS: Readonly<Record<string, Detector>> = {
  alike({ last, widest }) {
    const share = median(spreadShares(last));
    return share < ALIKE && widest > APART
      ? `all videos get nearly the same score: scores spread ${percent(share)} as far as the labels do`
      : null;
  },
  scale({ last }) {
    const off = mean(last.map(({ offScale }) => offScale ?? 0));
    return off > OFF_SCALE
      ? `scores leave the scale: ${percent(off)} are off it; a reward of order alone holds them to no numbers`
      : null;
  },
  cut({ last }) {
    return last.slice(-SHORT).every(({ truncated }) => truncated === 1)
      ? "every answer is cut at maxNewTokens: raise it, or nothing is learned from whole answers"
      : null;
  },
  form({ last, bestParsed }) {
    // While the share rises, what it was a while ago is below what it is.
    const [parsed, newest] = [last, last.slice(-SHORT)].map((events) =>
      mean(events.map((event) => event.parsed)),
    );
    if (parsed === undefined || newest === undefined) return null;
    return Math.max(parsed, newest) < FORM_KEPT * bestParsed
      ? `answers lose their form: ${percent(parsed)} hold a score, ${percent(bestParsed)} did`
      : null;
  },
  length({ last, first, maxNewTokens }) {
    const [now, then] = [last, first].map((events) => mean(events.map((event) => event.answerTokens)));
    if (now === undefined || then === undefined) return null;
    const limit = NEAR_LIMIT * maxNewTokens;
    return now > GROWTH * then || (now > limit && then <= limit)
      ? `answers grow: ${now.toFixed(0)} tokens each, ${then.toFixed(0)} at first, maxNewTokens ${maxNewTokens}`
      : null;
  },
  reference({ last }) {
    const kl = mean(last.map((event) => event.kl ?? 0));
    return kl > FAR
      ? `the model has left its reference: KL ${kl.toFixed(2)} a token, where ${FAR} is far`
      : null;
  },
  entropy({ last, first }) {
    const [now, then] = [last, first].map((events) =>
      mean(events.map(({ entropy }) => entropy ?? Number.NaN)),
    );
    if (now === undefined || then === undefined) return null;
    return now < ENTROPY_KEPT * then
      ? `answers come without any doubt: entropy ${now.toFixed(3)} a token, ${then.toFixed(3)} at first`
      : null;
  },
  ratio({ last }) {
    const distance = mean(last.map((event) => Math.abs(event.ratio - 1)));
    return distance > OFF_POLICY
      ? `answers are from another model than the one that learns: the ratio is ${distance.toFixed(2)} away from 1`
      : null;
  },
};

export class CollapseWatch {
  readonly #maxNewTokens: number;
  readonly #first: Measured[] = [];
  readonly #told = new Set<string>();
  #last: Measured[] = [];
  #bestParsed = 0;
  #widest = 0;

  constructor({ maxNewTokens }: { readonly maxNewTokens: number }) {
    this.#maxNewTokens = maxNewTokens;
  }

  /** Takes every step that was made in turn, from the run's first; gives what is found after it and was not told yet. */
  observe(event: StepEvent): Warning[] {
    if (this.#first.length < SHORT) this.#first.push(event);
    this.#last = [...this.#last, event].slice(-WINDOW);
    this.#widest = Math.max(this.#widest, ...spreadShares([event]));
    if (this.#last.length >= SHORT)
      this.#bestParsed = Math.max(
        this.#bestParsed,
        mean(this.#last.slice(-SHORT).map(({ parsed }) => parsed)),
      );
    if (this.#last.length < WINDOW) return [];
    const seen = {
      last: this.#last,
      first: this.#first,
      bestParsed: this.#bestParsed,
      widest: this.#widest,
      maxNewTokens: this.#maxNewTokens,
    };
    return Object.entries(DETECTORS).flatMap(([name, detect]) => {
      const problem = this.#told.has(name) ? null : detect(seen);
      if (problem === null) return [];
      this.#told.add(name);
      const message = `collapse, over the last ${WINDOW} steps: ${problem}; a lower learningRate or a higher beta holds a run`;
      return [{ message }];
    });
  }
}

/** How far scores spread over videos, in spreads of the labels, of the steps where both spread over something. */
function spreadShares(events: readonly Measured[]): number[] {
  return events.flatMap(({ scoreSpread, targetSpread }) =>
    scoreSpread === null || targetSpread === 0 ? [] : [scoreSpread / targetSpread],
  );
}

/** Of most steps, because one wild score makes a mean; NaN where fewer than half of a window have a value. */
function median(values: readonly number[]): number {
  if (values.length < WINDOW / 2) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
