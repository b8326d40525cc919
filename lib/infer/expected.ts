/**
 * The second readout of a score: the mean of the numbers that could stand in the answer, weighed by the probability that the model
 * gives them after its own words. Knows no video.
 */
import { checkFlag, optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { shown } from "../core/refuse.js";
import type { Scale } from "../data/scale.js";
import type { Model, PromptInput } from "../model/types.js";
import type { AnswerVariant } from "../text/answer.js";
import { type ScorePlace, scoreCandidates, scorePlace } from "../text/score-candidates.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** Widest scale, in its own units: tenths of it are 1001 candidates. */
const WIDEST = 100;
/** Candidates in one call, which bounds its memory whatever the scale. */
const CANDIDATES_PER_CALL = 128;

/** What a model expects its score to be. */
export interface ExpectedScore {
  /** Σ p·number / Σ p over the candidates, on the scale. */
  readonly value: number;
  /** Σ p, in [0, 1]: well below 1 the model may have wanted to write something else. */
  readonly mass: number;
}

/** What a model wrote. */
export interface WrittenAnswer {
  readonly text: string;
  /** As they were sampled, the end token included. */
  readonly tokens: Int32Array;
}

/** How the numbers are to be written behind which tokens. */
export interface CandidateTokens {
  /** What the model wrote before them, as it wrote it. */
  readonly fixed: Int32Array;
  readonly completions: readonly Int32Array[];
  /** What each counts as. */
  readonly values: readonly number[];
}

/**
 * @param asked    the option as it was given.
 * @param variant  what counts as a score.
 * @throws {EngineError} E_OPTION where it cannot be read: by "json", whose number may be a text; on a scale with negative numbers or one wider than
 *   100; with a tokenizer that does not write digits one by one, of which no token says "and any further decimals".
 */
export function checkExpected(
  asked: unknown,
  variant: AnswerVariant,
  { settings: { scale }, tokenizer }: Pick<Model, "settings" | "tokenizer">,
): boolean {
  if (asked === undefined || !checkFlag("expected", asked)) return false;
  if (variant === "json")
    throw optionError("expected", "none with variant json", asked, "give another variant, or leave it out");
  if (scale.min < 0 || scale.max - scale.min > WIDEST)
    throw optionError("expected", `a scale from 0 or above, at most ${WIDEST} wide`, scale);
  const together = digitsTogether(tokenizer);
  if (together !== null)
    throw optionError("expected", "a tokenizer that writes digits one by one", `${together} as one token`);
  return true;
}

/** The first two decimals that are not written one after the other; null where all are. */
function digitsTogether(tokenizer: Tokenizer): string | null {
  for (let tenth = 0; tenth < 10; tenth++) {
    const one = tokenizer.encode(`<answer>1.${tenth}`);
    for (let hundredth = 0; hundredth < 10; hundredth++) {
      const both = tokenizer.encode(`<answer>1.${tenth}${hundredth}`);
      if (!one.every((id, i) => both[i] === id)) return `${tenth}${hundredth}`;
    }
  }
  return null;
}

/**
 * By the model's own softmax at temperature 1, however the answer was sampled; its words are those of the sampled answer.
 *
 * @param score  what was read from the answer, on the scale or, by the released reading, off it.
 * @returns null where there is none, and where the answer block does not write it in plain digits.
 * @source the expectation over level words of Wu et al., "Q-Align: Teaching LMMs for Visual Scoring via Discrete Text-Defined Levels",
 *         ICML 2024; here over numbers, after the model's own reasoning.
 */
export async function expectedScore(
  model: Pick<Model, "logProbs" | "tokenizer">,
  prompt: PromptInput,
  written: WrittenAnswer,
  { score, scale, signal }: { score: number | null; scale: Scale; signal?: AbortSignal | undefined },
): Promise<ExpectedScore | null> {
  const place = score === null ? null : scorePlace(written.text, score);
  if (place === null) return null;
  const { fixed, completions, values } = candidateTokens(model.tokenizer, written, place, scale);
  if (completions.length === 0) return null;
  const inputIds = Int32Array.from([...prompt.inputIds, ...fixed]);
  const logs: number[] = [];
  for (let i = 0; i < completions.length; i += CANDIDATES_PER_CALL) {
    const part = completions.slice(i, i + CANDIDATES_PER_CALL);
    const found = await model.logProbs({ prompt: { ...prompt, inputIds }, completions: part, signal });
    logs.push(...found.map((tokens) => tokens.reduce((sum, value) => sum + value, 0)));
  }
  return expectationOf(logs, values);
}

/** @param logs  natural logs of disjoint events' probabilities; NaN where one of them is. */
export function expectationOf(logs: readonly number[], values: readonly number[]): ExpectedScore {
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const weighed = weights.reduce((total, weight, i) => total + weight * (values[i] as number), 0);
  return { value: weighed / sum, mass: Math.min(1, Math.exp(most) * sum) };
}

/**
 * The tokens of each candidate as the tokenizer writes them in that place: the whole text is encoded with every one of them. What all
 * have in common is fixed, and stands as the model's own tokens wrote it; where the tokenizer joins a number with what is before it, the
 * candidates begin there. A whole number ends with the first token of what the model wrote behind its own, so that 4 is neither 45 nor 4.5.
 */
export function candidateTokens(
  tokenizer: Tokenizer,
  { tokens }: WrittenAnswer,
  place: ScorePlace,
  scale: Scale,
): CandidateTokens {
  const { before, decimals, after } = place;
  const candidates = scoreCandidates(scale, place);
  const tail = decimals === 0 ? after : "";
  const whole = candidates.map(({ text }) => tokenizer.encode(`${before}${text}${tail}`));
  const alone = tokenizer.encode(before);
  let common = whole.reduce((least, ids) => Math.min(least, sharedLength(alone, ids)), alone.length);
  const own = textsOf(tokenizer, tokens);
  let fixed = own(alone.subarray(0, common));
  while (fixed === null) fixed = own(alone.subarray(0, --common));
  const joined = tokenizer.decode(alone.subarray(common));
  const completions = whole.map((ids, i) => {
    const rest = ids.subarray(common);
    return decimals === 0 ? ended(tokenizer, rest, `${joined}${candidates[i]?.text}`) : rest;
  });
  return { fixed, completions, values: candidates.map(({ value }) => value) };
}

function sharedLength(a: Int32Array, b: Int32Array): number {
  const first = a.findIndex((id, i) => id !== b[i]);
  return first < 0 ? a.length : first;
}

/**
 * What gives the model's own tokens that write the text of others, as many as may be; null where one of its tokens reaches beyond. A
 * sampled text need not be cut into tokens as the tokenizer cuts it.
 */
function textsOf(tokenizer: Tokenizer, own: Int32Array): (ids: Int32Array) => Int32Array | null {
  let lengths: Map<string, number> | undefined;
  return (ids) => {
    if (ids.every((id, i) => own[i] === id)) return own.slice(0, ids.length);
    lengths ??= new Map(
      Array.from({ length: own.length + 1 }, (_, i) => [tokenizer.decode(own.subarray(0, i)), i]),
    );
    const length = lengths.get(tokenizer.decode(ids));
    return length === undefined ? null : own.slice(0, length);
  };
}

/** Up to the token that ends the number. @throws {EngineError} E_FORMAT where none does. */
function ended(tokenizer: Tokenizer, ids: Int32Array, number: string): Int32Array {
  for (let length = 1; length <= ids.length; length++) {
    const text = tokenizer.decode(ids.subarray(0, length), { skipSpecialTokens: false });
    if (text.startsWith(number) && /[^.\d]/.test(text.slice(number.length))) return ids.subarray(0, length);
  }
  const message = `the tokenizer does not give back ${shown(number)} of an answer: expected cannot be read with it`;
  throw new EngineError("E_FORMAT", message);
}
