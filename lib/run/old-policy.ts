/**
 * The policy that answers in a run where it is the one that the epoch began with: a second model, whose weights lie in the
 * run's folder as long as a checkpoint may go on with them. Knows no method.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeFolder, sweepTraces, writeFolderAtomic } from "../core/atomic-folder.js";
import { makeFolder } from "../core/durable.js";
import { EngineError } from "../core/errors.js";
import { refuse } from "../core/refuse.js";
import type { Model } from "../model/types.js";
import type { RunWeights } from "./weights.js";

const FOLDER = "old-policy";
const KEPT = /^after-(\d+)$/;

export interface OldPolicyOptions {
  /** The run's folder. */
  readonly run: string;
  readonly stepsPerEpoch: number;
  /** Writes the weights as they are now. */
  readonly save: (dir: string) => Promise<void>;
  /** Opens such weights; of null those that the run began with. */
  readonly open: (dir: string | null) => Promise<Model>;
}

/** @param model  the one that learns. */
export function oldPolicyIn(
  place: Pick<OldPolicyOptions, "run" | "stepsPerEpoch">,
  model: Model,
  weights: RunWeights,
): OldPolicy {
  return new OldPolicy({
    ...place,
    save: (dir) => weights.save(model, dir),
    open: (dir) => (dir === null ? weights.begin() : weights.open(dir)),
  });
}

export class OldPolicy {
  readonly #options: OldPolicyOptions;
  #begin: number | null = null;
  #model: Model | null = null;
  /** The last step that changed the weights; 0 for none. */
  #changed = 0;

  constructor(options: OldPolicyOptions) {
    this.#options = options;
  }

  /**
   * The run goes on after `afterStep`: what was kept of later ones is made again.
   *
   * @param changed  the last step up to there that changed the weights.
   */
  async rewind(afterStep: number, changed: number): Promise<void> {
    this.#changed = changed;
    if (!existsSync(this.#dir)) return;
    await sweepTraces(this.#dir, KEPT);
    for (const begin of await this.#kept()) if (begin >= afterStep) await removeFolder(this.#folder(begin));
  }

  /**
   * The model that answers in a step, which is about to be made; not to be disposed of.
   *
   * @throws {EngineError} E_FORMAT when the folder has lost the weights that the step's epoch began with.
   */
  async of(step: number): Promise<Model> {
    const begin = this.#beginOf(step);
    if (this.#model === null || this.#begin !== begin) {
      this.dispose();
      this.#model = await this.#open(begin);
      this.#begin = begin;
    }
    this.#changed = step;
    return this.#model;
  }

  /** Removes what no run goes on with that has a checkpoint after `step`. Gives a line for each that stays all the same. */
  async prune(step: number): Promise<string[]> {
    const stayed: string[] = [];
    for (const begin of await this.#kept()) {
      if (begin >= this.#beginOf(step + 1)) continue;
      await removeFolder(this.#folder(begin)).catch((error: unknown) => {
        if (!(error instanceof EngineError)) throw error;
        stayed.push(`the weights of an old policy stay: ${error.message}`);
      });
    }
    return stayed;
  }

  dispose(): void {
    this.#model?.dispose();
    this.#model = null;
  }

  async #open(begin: number): Promise<Model> {
    if (begin === 0) return this.#options.open(null);
    const dir = this.#folder(begin);
    if (!existsSync(dir)) {
      if (this.#changed > begin)
        refuse(
          dir,
          null,
          `expected the weights after step ${begin}, which answer in its epoch; they are gone`,
        );
      await makeFolder(dirname(dir));
      await writeFolderAtomic(dir, this.#options.save);
    }
    return this.#options.open(dir);
  }

  /** After which step the epoch of a step began. */
  #beginOf(step: number): number {
    return step - 1 - ((step - 1) % this.#options.stepsPerEpoch);
  }

  async #kept(): Promise<number[]> {
    if (!existsSync(this.#dir)) return [];
    return (await readdir(this.#dir)).flatMap((name) => {
      const found = KEPT.exec(name);
      return found === null ? [] : [Number(found[1])];
    });
  }

  get #dir(): string {
    return join(this.#options.run, FOLDER);
  }

  #folder(begin: number): string {
    return join(this.#dir, `after-${begin}`);
  }
}
