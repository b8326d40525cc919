/** The key of a run's low-rank adapters, and what it says against the other keys. */
import { z } from "zod";
import { optionError } from "../core/check.js";
import { count, positive } from "../core/schema.js";
import type { TrainablePart } from "../native/binding.js";

export const loraSchema = z
  .strictObject({
    targets: z
      .union([z.string(), z.array(z.string()).min(1)])
      .describe(
        "Linear layers, as PEFT's target_modules: a list of names, a regular expression or all-linear.",
      ),
    rank: count.describe("Of each adapter, at most the smaller side of its matrix. Hu et al. 2022."),
    alpha: positive.optional().describe("Scales by alpha / rank; default: twice the rank."),
    rslora: z.boolean().default(false).describe("Scales by alpha / √rank. Kalajdzievski 2023."),
    dora: z.boolean().default(false).describe("A magnitude for each row. Liu et al. 2024."),
  })
  .describe("Low-rank adapters, which train in place of the weights that they stand on (docs/adapters.md).");

/** Parts that a run with adapters can train: its checkpoints hold no weights of others. */
const WITH_LORA = ["adapters", "motionProjector"] as const satisfies TrainablePart[];

/** What trains with adapters where nobody says it: of a model without motion parts the adapters alone. */
export const USUAL_WITH_LORA: (typeof WITH_LORA)[number][] = [...WITH_LORA];

interface Keys {
  readonly lora?: object | undefined;
  readonly trainable: readonly string[];
  readonly optimizer: { readonly masters: boolean };
}

/** @throws {EngineError} E_OPTION for adapters that do not train, or that are not there, and for what no checkpoint of them holds. */
export function checkLora({ lora, trainable, optimizer }: Keys): void {
  const hasAdapters = trainable.includes("adapters");
  if (lora === undefined) {
    if (!hasAdapters) return;
    throw optionError("trainable", "no adapters where there are none", "adapters", "lora says which");
  }
  if (!hasAdapters)
    throw optionError("trainable", "adapters among them with lora", trainable, "or leave lora out");
  const other = trainable.find((part) => !WITH_LORA.some((one) => one === part));
  const hint = "its checkpoints hold no other weights: leave it out, or train without lora";
  if (other !== undefined)
    throw optionError("trainable", `${WITH_LORA.join(" and ")} with lora`, other, hint);
  if (!optimizer.masters)
    throw optionError("optimizer.masters", "true with lora, whose adapters are float32", false);
}
