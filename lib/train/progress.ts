/** Which step is the last finished one, and which is saved. Whatever ends a run early, finished steps are saved first. */
import { EngineError } from "../core/errors.js";
import { shown } from "../core/refuse.js";
import { type Sink, tell } from "../run-folder/events.js";

export interface ProgressOptions {
  /** The step that the weights are of when the run begins or goes on; that one is saved or needs no saving. */
  readonly afterStep: number;
  readonly sinks: readonly Sink<never>[];
  /** Writes a checkpoint of the state after `step`; gives its path. */
  readonly save: (step: number) => Promise<string>;
  /** Updates of the weights so far, one that is under way included. */
  readonly updates: () => number;
}

export class Progress {
  readonly #options: ProgressOptions;
  #step: number;
  #updates: number;
  #saved: number;
  #checkpoint: string | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#step = options.afterStep;
    this.#saved = options.afterStep;
    this.#updates = options.updates();
  }

  /** The last finished step. */
  get step(): number {
    return this.#step;
  }

  /** The last checkpoint that was made here; null when there is none. */
  get checkpoint(): string | null {
    return this.#checkpoint;
  }

  /** The weights are those after one step more. */
  finish(): void {
    this.#step++;
    this.#updates = this.#options.updates();
  }

  /** Saves the last finished step unless it is saved. @throws {EngineError} E_INTERNAL for weights of no finished step. */
  async save(): Promise<void> {
    if (!(await this.#write())) return;
    tell(this.#options.sinks, this.#told());
  }

  /**
   * Saves what can be saved when the run ends early; gives what is to be thrown: the cause, with why nothing could be
   * saved where that failed too.
   */
  async rescue(cause: unknown): Promise<unknown> {
    // Saving failed a moment ago: it is the cause.
    if (this.#failure !== null && this.#failure.error === cause) return cause;
    try {
      if (!(await this.#write())) return cause;
    } catch (failure) {
      return unsaved(cause, failure);
    }
    for (const sink of this.#options.sinks) {
      try {
        sink.event(this.#told());
      } catch {
        // It may be the one that ended the run; the others still hear.
      }
    }
    return cause;
  }

  #told() {
    return { type: "checkpoint", afterStep: this.#saved, path: this.#checkpoint ?? "" } as const;
  }

  async #write(): Promise<boolean> {
    if (this.#saved === this.#step) return false;
    try {
      if (this.#options.updates() !== this.#updates) {
        const message = `step ${this.#step + 1} changed the weights and did not finish: they are those of no step`;
        throw new EngineError("E_INTERNAL", message);
      }
      this.#checkpoint = await this.#options.save(this.#step);
      this.#saved = this.#step;
      return true;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}

function unsaved(cause: unknown, failure: unknown): Error {
  const [first, second] = [cause, failure].map((error) =>
    error instanceof Error ? error.message : shown(error),
  );
  const message = `${first}; what was learned since the last checkpoint could not be saved: ${second}`;
  if (!(cause instanceof EngineError)) return new AggregateError([cause, failure], message);
  return new EngineError(cause.code, message, { details: cause.details, cause });
}
