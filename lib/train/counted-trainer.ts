/** A trainer that counts its updates, so that weights between two steps are never taken for those of a step. */
import type { StepMetrics, StepOptions, Trainer } from "../model/types.js";

export class CountedTrainer implements Trainer {
  readonly #trainer: Trainer;
  #updates = 0;

  constructor(trainer: Trainer) {
    this.#trainer = trainer;
  }

  /** Updates that were made, and those under way; one that was refused has changed nothing. */
  get updates(): number {
    return this.#updates;
  }

  async step(options: StepOptions): Promise<StepMetrics> {
    this.#updates++;
    try {
      return await this.#trainer.step(options);
    } catch (error) {
      this.#updates--;
      throw error;
    }
  }

  save(dir: string): Promise<void> {
    return this.#trainer.save(dir);
  }

  load(dir: string): Promise<void> {
    return this.#trainer.load(dir);
  }

  dispose(): void {
    this.#trainer.dispose();
  }
}
