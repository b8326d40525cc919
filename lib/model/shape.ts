/** A model before any of its weights is opened: how it wants to be asked, and what a prompt takes. No native call. */
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.js";
import { checkImageSize, checkVisualTokens } from "../checkpoint/fit.js";
import { type ModelSettings, readSettings } from "../checkpoint/settings.js";
import { slotsOf } from "../checkpoint/slots.js";
import { refuse } from "../core/refuse.js";
import type { PromptSlots } from "../text/prompt.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import {
  type BaseParts,
  type FolderAdapter,
  modelPlace,
  readAdapterFolder,
  settingsDirOf,
} from "./adapter-folder.js";
import type { LoadOptions, Model } from "./types.js";

/** What a folder's files say. */
export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly settings: ModelSettings;
  /** Where the settings' file is, if there is one. */
  readonly settingsDir: string;
  readonly parts: BaseParts;
  /** What belongs on the checkpoint's weights; the checkpoint has its motion projector already. */
  readonly folderAdapter: FolderAdapter | null;
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

/**
 * @param dir  a checkpoint folder, or an adapter folder that names its base.
 * @throws {EngineError} E_FORMAT for a folder that is neither, or none that fits; E_OPTION for an adapter without its base.
 */
export async function readFolder(
  dir: string,
  options: Pick<LoadOptions, "slowfast" | "motion" | "adapter">,
): Promise<ReadCheckpoint> {
  const place = await modelPlace(dir, options);
  const { slowfast, motion } = place;
  const parts = { slowfast, motion };
  const checkpoint = await readCheckpoint(place.base, parts);
  const settingsDir = await settingsDirOf(place);
  const settings = await readSettings(settingsDir, place.base);
  if (place.adapter === null) return { checkpoint, settings, settingsDir, parts, folderAdapter: null };
  const folderAdapter = await readAdapterFolder(place.adapter, checkpoint, parts);
  const own = new Map(folderAdapter.projector.map((spec) => [spec.name, spec]));
  const parameters = checkpoint.parameters.map((spec) => own.get(spec.name) ?? spec);
  return { checkpoint: { ...checkpoint, parameters }, settings, settingsDir, parts, folderAdapter };
}
