/**
 * A sink of a user's own, which may be asynchronous though nobody awaits it: a rejected promise would end the process
 * with all that is not saved. It ends the run instead, at the next event or at the run's end.
 */
import type { RunEvent, Sink } from "./events.js";

export class PatientSink<M> implements Sink<M> {
  readonly #sink: Sink<M>;
  readonly #waiting = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | null = null;

  constructor(sink: Sink<M>) {
    this.#sink = sink;
  }

  event(event: RunEvent<M>): void {
    this.#hear(() => this.#sink.event(event));
  }

  completions(lines: readonly object[]): void {
    this.#hear(() => this.#sink.completions?.(lines));
  }

  /** Waits for what the sink still does. @throws what it was rejected with, unless that was thrown before. */
  async settle(): Promise<void> {
    await Promise.all(this.#waiting);
    this.#throw();
  }

  #hear(call: () => unknown): void {
    this.#throw();
    const answer = call();
    if (!(answer instanceof Promise)) return;
    const done = answer.then(
      () => {},
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#waiting.add(done);
    void done.finally(() => this.#waiting.delete(done));
  }

  #throw(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }
}
