/** The model of a command that scores: libtorch offered where it is missing, the device chosen and told. */
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import type { ScoringModel } from "../infer/load-model.js";
import { checkAsking, type ScoreOptions } from "../infer/session.js";
import type { ModelShape } from "../model/shape.js";
import { cardHere, loaderHere } from "../setup/machine.js";
import { withLibtorch } from "../setup/terminal.js";
import { loadOptions, type ModelFlags } from "./options.js";

/**
 * A card that was not asked for by name is said in one line; the CPU is what everybody expects. What the checkpoint wants
 * said with its scores is said here, once.
 *
 * @param options  how the model will be asked.
 * @param refuse   refuses videos of which none can be scored. Both are looked at before weights are read for them, or
 *   libtorch is fetched.
 */
export async function openModel(
  flags: ModelFlags,
  options: ScoreOptions,
  refuse: () => Promise<void>,
): Promise<ScoringModel> {
  const { loadAfter } = await import("../infer/load-model.js");
  const { device = "auto" } = flags;
  const look = async (shape: ModelShape) => {
    await refuse();
    checkAsking(shape, options);
  };
  const model = await withLibtorch(() => loadAfter(look, flags.model, loadOptions({ ...flags, device })));
  if (device === "auto" && model.device !== "cpu") {
    const card = cardHere(loaderHere()) ?? "a card without an NVIDIA driver";
    process.stderr.write(`device: ${model.device}, ${card}; --device cpu leaves it out\n`);
  }
  const { notice } = model.settings;
  const isShipped = shippedCheckpoint(flags.model) !== null;
  if (notice !== null) process.stderr.write(`${notice}${isShipped ? " --model DIR takes another." : ""}\n`);
  return model;
}
