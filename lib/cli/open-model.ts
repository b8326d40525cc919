/** The model of a command that scores: libtorch offered where it is missing, the device chosen and told. */
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import type { ScoringModel } from "../infer/load-model.js";
import { checkAsking, type InferOptions } from "../infer/session.js";
import { cardHere, loaderHere } from "../setup/machine.js";
import { withLibtorch } from "../setup/terminal.js";
import { loadOptions, type ModelFlags } from "./options.js";

/**
 * A card that was not asked for by name is said in one line; the CPU is what everybody expects. What the checkpoint wants
 * said with its scores is said here, once.
 *
 * @param options  how the model will be asked.
 * @param refuse   refuses videos of which none can be scored. Both are looked at before libtorch is fetched for them.
 */
export async function openModel(
  flags: ModelFlags,
  options: InferOptions,
  refuse: () => Promise<void>,
): Promise<ScoringModel> {
  const { loadModel } = await import("../infer/load-model.js");
  const { device = "auto" } = flags;
  const load = () => loadModel(flags.model, loadOptions({ ...flags, device }));
  const model = await withLibtorch(load, async () => {
    await refuse();
    const { ModelShape, readFolder } = await import("../model/shape.js");
    const folder = shippedCheckpoint(flags.model) ?? flags.model;
    checkAsking(new ModelShape(await readFolder(folder, flags)), options);
  });
  if (device === "auto" && model.device !== "cpu") {
    const card = cardHere(loaderHere()) ?? "a card without an NVIDIA driver";
    process.stderr.write(`device: ${model.device}, ${card}; --device cpu leaves it out\n`);
  }
  const { notice } = model.settings;
  const isShipped = shippedCheckpoint(flags.model) !== null;
  if (notice !== null) process.stderr.write(`${notice}${isShipped ? " --model DIR takes another." : ""}\n`);
  return model;
}
