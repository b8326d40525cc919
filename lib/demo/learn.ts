/** One learning of the demonstration: a preset, or its own method, from opened sets; measured before and after. */
import { EngineError } from "../core/errors.js";
import { loadModel, type ScoringModel } from "../infer/load-model.js";
import type { PresetName } from "../presets/presets.js";
import { train } from "../run/train.js";
import { askedOf, type DemoForm } from "../trial/form.js";
import { THREADS } from "../trial/overlay.js";
import { evaluateSets } from "./evaluate.js";
import type { Reports } from "./report.js";
import type { OpenedSet } from "./sets.js";
import { type DemoPlace, startOf } from "./start.js";
import { TrainingLines, trainingConfig } from "./training.js";

export interface Learned {
  readonly before: Reports;
  readonly after: Reports;
  /** GRPO steps made. */
  readonly steps: number;
  /** From the first step to the end of the last evaluation. */
  readonly seconds: number;
}

/**
 * @param tiny  the model of the package; it is the caller's to dispose of.
 * @throws the signal's reason after an abort.
 */
export async function learn(
  preset: PresetName | null,
  form: DemoForm,
  place: DemoPlace,
  tiny: ScoringModel,
  sets: readonly OpenedSet[],
): Promise<Learned> {
  const { run, list, prompt, seed, screen, signal } = place;
  const asked = preset === null ? {} : askedOf(preset, form);
  const scored = (model: ScoringModel) =>
    evaluateSets(model, sets, signal, screen.counter("  scored"), asked).finally(() => {
      if (model !== tiny) model.dispose();
    });
  const { dir, model } = await startOf(preset, tiny, form, place);
  screen.say("Evaluating the model as it is, greedily");
  const before = await scored(model);

  screen.say(
    preset === null
      ? "Training by GRPO: format, regression and ranking rewards as the paper prints them"
      : `Training by GRPO, preset ${preset}`,
  );
  const begun = preset === null ? { preset } : { preset, model: dir, prompt };
  const lines = new TrainingLines();
  const firstStep = performance.now();
  const { checkpoint, step } = await train(trainingConfig(run, list, seed, begun), {
    signal,
    onEvent: (event) => {
      const line = lines.line(event);
      if (line === null) return;
      if (event.type === "step") screen.renew(`  ${line}`, event.step === event.steps);
      else screen.say(`  ${line}`);
    },
  });
  signal.throwIfAborted();
  if (checkpoint === null) throw new EngineError("E_INTERNAL", "the training run ended without a checkpoint");

  screen.say("Evaluating the trained model on the same videos");
  const after = await scored(await loadModel(checkpoint, { threads: THREADS }));
  return { before, after, steps: step, seconds: (performance.now() - firstStep) / 1000 };
}
