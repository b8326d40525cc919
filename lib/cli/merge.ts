/** `vqathinker merge`: a base model and PEFT's adapter folder in, a checkpoint of both out. */
import { Command } from "commander";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { heldInOutput } from "../core/output-place.js";
import { byteProgress } from "../core/progress.js";
import { type LayoutName, layoutNames } from "../layout/layouts.js";
import { mergeAdapter } from "../model/adapter.js";
import { modelPlace } from "../model/adapter-folder.js";
import { openModel } from "../model/model.js";
import { withLibtorch } from "../setup/terminal.js";
import { flag } from "./flag.js";
import { exitOnSignal } from "./stop-signal.js";

interface Flags {
  readonly model?: string;
  readonly out: string;
  readonly dtype: "float32" | "bfloat16";
  readonly layout?: LayoutName;
}

export function mergeCommand(): Command {
  return new Command("merge")
    .description(
      "write a model and a LoRA adapter of PEFT as one checkpoint, with the adapter in the weights",
    )
    .argument("<adapter>", "folder with adapter_config.json and adapter_model.safetensors")
    .addOption(flag("--model <dir>", "the base model", { usual: "the one that the adapter names" }))
    .addOption(flag("--out <dir>", "checkpoint folder to write", { needed: true }))
    .addOption(
      flag("--dtype <name>", "numbers of the written weights", {
        choices: ["float32", "bfloat16"],
        usual: "bfloat16",
      }).default("bfloat16"),
    )
    .addOption(
      flag("--layout <name>", "names of tensors and keys: of transformers, or of OpenGVLab's code", {
        choices: layoutNames(),
        usual: "the base's",
      }),
    )
    .action(async (adapter: string, flags: Flags) => {
      exitOnSignal();
      const { base } = flags.model === undefined ? await modelPlace(adapter, {}) : { base: flags.model };
      await refusePlace(flags.out);
      const { dtype } = flags;
      const options = { adapter, dtype, onProgress: byteProgress(`loading ${base}`) };
      const model = await withLibtorch(() => openModel(shippedCheckpoint(base) ?? base, options));
      await mergeAdapter(model);
      await model.save(flags.out, { layout: flags.layout });
      model.dispose();
      process.stdout.write(`${flags.out}: ${base} with the adapter of ${adapter} in its weights, ${dtype}\n`);
    });
}

/** A folder that holds a model or an adapter is nobody's to write over, whatever links lead to it. */
async function refusePlace(out: string): Promise<void> {
  const isOne = (name: string) => name === "config.json" || /^adapter_|\.(safetensors|bin)$/.test(name);
  const there = await heldInOutput({ name: "out", path: out }, isOne);
  if (there !== undefined)
    throw optionError("out", "a folder without a model or an adapter", out, `${there} is there`);
}
