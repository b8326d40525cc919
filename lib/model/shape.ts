/** A model before any of its weights is opened: how it wants to be asked, and what a prompt takes. No native call. */
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.js";
import { checkImageSize, checkVisualTokens } from "../checkpoint/fit.js";
import { type ModelSettings, readSettings } from "../checkpoint/settings.js";
import { slotsOf } from "../checkpoint/slots.js";
import { refuse } from "../core/refuse.js";
import type { PromptSlots } from "../text/prompt.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { LoadOptions, Model } from "./types.js";

/** What a folder's files say. */
export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly settings: ModelSettings;
}

type Shape = Pick<Model, "dir" | "tokenizer" | "settings" | "hasMotion" | "visualTokens" | "slots">;

export class ModelShape implements Shape {
  readonly dir: string;
  readonly settings: ModelSettings;
  readonly hasMotion: boolean;
  readonly checkpoint: Checkpoint;

  constructor({ checkpoint, settings }: ReadCheckpoint) {
    this.dir = checkpoint.dir;
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.hasMotion = checkpoint.hasMotion;
  }

  /** @throws {EngineError} E_FORMAT where the folder has none. */
  get tokenizer(): Tokenizer {
    const { tokenizer } = this.checkpoint;
    if (tokenizer !== null) return tokenizer;
    const expected = "tokenizer.json, or vocab.json with merges.txt and added_tokens.json";
    return refuse(this.dir, null, `expected ${expected}; found neither`);
  }

  visualTokens(size: number): number {
    return this.#slots(1, size).visualTokens;
  }

  slots(frames: number, size: number): PromptSlots {
    const slots = this.#slots(frames, size);
    checkVisualTokens(slots, size);
    return slots;
  }

  #slots(frames: number, size: number): PromptSlots {
    const { patch } = this.checkpoint.geometry.vision;
    checkImageSize(patch, size);
    return slotsOf(patch, frames, size, this.hasMotion);
  }
}

/** @throws {EngineError} E_FORMAT for a folder that is no checkpoint, or none that fits. */
export async function readFolder(
  dir: string,
  { slowfast, motion }: Pick<LoadOptions, "slowfast" | "motion">,
): Promise<ReadCheckpoint> {
  return { checkpoint: await readCheckpoint(dir, { slowfast, motion }), settings: await readSettings(dir) };
}
