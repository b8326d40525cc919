/** What a method is to the loop: it makes steps out of videos, and says what it measured. */
import type { Labels, ReplyEntry } from "../data/entry.js";
import type { ClipPlan, Model, Trainer } from "../model/types.js";
import type { RunEvent, RunStep, StoppingWarning } from "../run-folder/events.js";
import type { Readable } from "./clip-store.js";
import type { Rates } from "./rates.js";
import type { TrainVideo } from "./video.js";

/** The answers of one video's step, as far as they take memory. */
export interface AnswerNeeds {
  /** Are they sampled? Else they are given. */
  readonly rollout: boolean;
  /** Answers that are learned from, each of at most so many tokens. */
  readonly samples: number;
  readonly maxNewTokens: number;
  /** Answers to a perturbed twin; 0 for none. */
  readonly twinSamples: number;
  /** Has it frames of its own? */
  readonly twinsDecoded: boolean;
}

/** What a run lends to its method. */
export interface MethodParts {
  readonly model: Model;
  readonly trainer: Trainer;
  /** How the run's clips are opened. */
  readonly plan: ClipPlan;
  /** Ids of a video's prompt. */
  readonly inputIds: (video: TrainVideo) => Int32Array;
  /** The model that answers in a step, for a method that says that it is not the one that learns. */
  readonly oldPolicy?: ((step: number) => Promise<Model>) | undefined;
}

/** A method with its numbers, before anything is opened: what can be refused early was refused when this was made. */
export interface PreparedMethod<M extends object> {
  /** What every video of the list must have. */
  readonly labels: Labels;
  /**
   * Looks at all videos of the run, scores as the list has them, before a model is opened.
   *
   * @throws {EngineError} E_OPTION or E_FORMAT for those that the method cannot learn from.
   */
  checkVideos?(videos: readonly ReplyEntry[]): void;
  /** @param tokensOf  most tokens that one of these texts has. */
  answers(videos: readonly TrainVideo[], tokensOf: (texts: readonly string[]) => number): AnswerNeeds;
  /** Does it need a frozen copy of the weights that the run begins with? */
  readonly reference: boolean;
  /** Which policy answers: that of the step (default), or the one that the step's epoch began with. */
  readonly oldPolicy?: "step" | "epoch" | undefined;
  /** What of its settings has no effect, or not the one that one may expect: told when a run begins or goes on. */
  readonly warnings?: readonly string[] | undefined;
  /** What a program gave it beside the configuration, by option: `rewards` with their names, `tokenWeights`. */
  readonly given?: Readonly<Record<string, string>> | undefined;
  /** Files of the modules that its rewards are in, by the rewards' names. */
  readonly rewardModules?: ReadonlyMap<string, string> | undefined;
  /** Loads what it needs beside the model, before the model is opened; `close` lets go of it, whatever came of the run. */
  open?(): Promise<void>;
  close?(): Promise<void>;
  begin(parts: MethodParts): Method<M>;
}

export interface StepPlace extends Rates {
  /** From 1. With the seed it names everything that is drawn. */
  readonly step: number;
  /** The step's videos that can be read, at least one, with their clips; the run keeps the clips. */
  readonly videos: readonly Readable[];
  readonly signal?: AbortSignal | undefined;
  /** Says something of the step before it is made. */
  readonly tell: (event: RunEvent<never> & { readonly atStep: number }) => void;
}

export interface StepOutcome<M extends object> {
  /** They become part of the step's event, in this order. */
  readonly measures: M;
  /** Lines of completions.jsonl, each with its `step`. */
  readonly completions: readonly object[];
}

/** @typeParam M  measures of one step: plain values that JSON can say. */
export interface Method<M extends object> {
  /**
   * Makes one update, whole or not at all: what can fail comes before it. A step that fails behind its update leaves
   * weights of no step, which are not saved.
   *
   * @throws the signal's reason when it gave the step up.
   */
  step(place: StepPlace): Promise<StepOutcome<M>>;
  /**
   * Is shown every step that was made in turn, from the run's first also after a resume; gives what is to be said of it.
   * A step without readable videos is not among them: step numbers have gaps. A warning with `stop` ends the run, when it
   * is told and what was learned is saved; it does not when the run goes on from behind it.
   */
  watch(event: RunStep & M): readonly StoppingWarning[];
}
