/** The model that a demonstration begins with: tiny-start, without motion where the preset says so, or warmed up for its form. */
import { EngineError } from "../core/errors.js";
import type { Screen } from "../core/screen.js";
import { readManifest } from "../data/manifest.js";
import { loadModel, type ScoringModel } from "../infer/load-model.js";
import type { PresetName } from "../presets/presets.js";
import { presetOf } from "../presets/presets.js";
import { train } from "../run/train.js";
import type { DemoForm } from "../trial/form.js";
import { THREADS } from "../trial/overlay.js";
import { ownReplies, warmUpConfig } from "../trial/warm-up.js";

/** Where a demonstration is made, and who hears of it. */
export interface DemoPlace {
  readonly run: string;
  /** List of the training videos. */
  readonly list: string;
  /** File of the prompt. */
  readonly prompt: string;
  readonly seed: number;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

/**
 * Teaches the form; gives the checkpoint's folder.
 *
 * @throws the signal's reason after an abort.
 */
async function warmUp(tiny: ScoringModel, form: DemoForm, place: DemoPlace): Promise<string> {
  const { run, list, prompt, seed, screen, signal } = place;
  screen.say(
    `The preset's answers have another form (${form.form}): the model learns it from its own answers`,
  );
  const rows = await ownReplies(tiny, await readManifest(list), form, signal, screen.counter("  answered"));
  const { checkpoint } = await train(await warmUpConfig(run, rows, prompt, seed), {
    signal,
    onEvent: (event) => {
      if (event.type === "step")
        screen.renew(
          `  step ${event.step}/${event.steps}  loss ${event.loss.toFixed(3)}`,
          event.step === event.steps,
        );
    },
  });
  signal.throwIfAborted();
  if (checkpoint === null) throw new EngineError("E_INTERNAL", "the warm-up ended without a checkpoint");
  return checkpoint;
}

/** Its folder or name, and the model itself, which is `tiny` where nothing has to change. */
export async function startOf(
  preset: PresetName | null,
  tiny: ScoringModel,
  form: DemoForm,
  place: DemoPlace,
): Promise<{ readonly dir: string; readonly model: ScoringModel }> {
  const dir = form.isOwn ? "tiny-start" : await warmUp(tiny, form, place);
  const motion = preset === null || presetOf(preset).settings["motion"]?.value !== false;
  if (form.isOwn && motion) return { dir, model: tiny };
  return { dir, model: await loadModel(dir, { threads: THREADS, motion }) };
}
