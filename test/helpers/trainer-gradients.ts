/**
 * The gradient behind a training step, read from the optimiser's state: with beta1 0 AdamW's first moment is the
 * gradient itself, and with learning rate 0 no weight moves, so that steps can be compared with each other.
 */
import { join } from "node:path";
import { readCheckpoint } from "../../lib/checkpoint/checkpoint.js";
import { openTrainer, type StepMetrics, type StepOptions, type TrainerOptions } from "../../lib/index.js";
import { assertNormNear, norm } from "./closeness.js";
import { readTensors } from "./safetensors.js";
import { type SmallModel, withFolder } from "./small-model.js";

export type Gradients = Readonly<Record<string, Float32Array>>;

export interface Measured {
  readonly metrics: StepMetrics;
  /** Under the names of the checkpoint's file. */
  readonly gradients: Gradients;
}

/** One step that changes nothing, and its gradients. */
export async function measureStep(
  model: SmallModel,
  options: Omit<TrainerOptions, "optimizer">,
  step: Omit<StepOptions, "learningRate">,
): Promise<Measured> {
  const trainer = await openTrainer(model, { ...options, optimizer: { beta1: 0 } });
  try {
    const metrics = await trainer.step({ ...step, learningRate: 0 });
    const state = await withFolder(async (dir) => {
      await trainer.save(dir);
      return readTensors(join(dir, "trainer.safetensors"));
    });
    const gradients: Record<string, Float32Array> = {};
    const { saved, parameters } = await readCheckpoint(model.dir);
    for (const { name, parameter, rowBegin, rowEnd } of saved) {
      const whole = state.get(`m.${parameter}`)?.data;
      const rows = parameters.find((one) => one.name === parameter)?.shape[0];
      if (!(whole instanceof Float32Array) || rows === undefined) continue;
      const width = whole.length / rows;
      gradients[name] = whole.slice(rowBegin * width, rowEnd * width);
    }
    return { metrics, gradients };
  } finally {
    trainer.dispose();
  }
}

/**
 * Per tensor ‖a − b‖ ≤ relative · ‖b‖ + 1e-8 · the norm over all tensors, because some gradients are zero in exact
 * arithmetic.
 */
export function assertGradientsNear(actual: Gradients, expected: Gradients, relative: number): void {
  const absolute = 1e-8 * norm(Object.values(expected).map(norm));
  for (const [name, gradient] of Object.entries(expected)) {
    assertNormNear(actual[name] ?? [], gradient, { relative, absolute }, name);
  }
}
