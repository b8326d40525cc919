/** `vqathinker merge`: a base model and PEFT's adapter folder in, a checkpoint of both out. */
import { isAbsolute, join, resolve } from "node:path";
import { Command } from "commander";
import { CONFIG_FILE, readAdapterConfig } from "../adapter/config.js";
import { readAdapter } from "../adapter/read.js";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { heldInOutput } from "../core/output-place.js";
import { byteProgress } from "../core/progress.js";
import { isFile } from "../core/text-file.js";
import { loadAdapter, mergeAdapter } from "../model/adapter.js";
import { NativeModel, openWeights } from "../model/model.js";
import type { ReadCheckpoint } from "../model/shape.js";
import { withLibtorch } from "../setup/terminal.js";
import { flag } from "./flag.js";
import { exitOnSignal } from "./stop-signal.js";

interface Flags {
  readonly model?: string;
  readonly out: string;
  readonly dtype: "float32" | "bfloat16";
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
    .action(async (adapter: string, flags: Flags) => {
      exitOnSignal();
      const base = flags.model ?? (await namedBase(adapter));
      const dir = shippedCheckpoint(base) ?? base;
      await refusePlace(flags.out);
      const { dtype } = flags;
      const options = { dtype, onProgress: byteProgress(`loading ${base}`) };
      const look = async ({ checkpoint }: ReadCheckpoint) => {
        await readAdapter(adapter, checkpoint.survey.config);
      };
      const model = await withLibtorch(
        async () => new NativeModel(await openWeights(dir, options, { look })),
      );
      await loadAdapter(model, adapter);
      await mergeAdapter(model);
      await model.save(flags.out);
      model.dispose();
      process.stdout.write(`${flags.out}: ${base} with the adapter of ${adapter} in its weights, ${dtype}\n`);
    });
}

/** The folder that the adapter's config names; a relative one is looked for from here and from the adapter. */
async function namedBase(adapter: string): Promise<string> {
  const { base } = await readAdapterConfig(join(adapter, CONFIG_FILE));
  if (base !== null) {
    const places = isAbsolute(base) ? [base] : [base, resolve(adapter, base)];
    for (const place of places) if (await isFile(join(place, "config.json")).catch(() => false)) return place;
  }
  const hint =
    base === null ? "the adapter names none" : `the adapter names ${base}, which is no folder here`;
  throw optionError("model", "the folder of the base model", undefined, hint);
}

/** A folder that holds a model or an adapter is nobody's to write over, whatever links lead to it. */
async function refusePlace(out: string): Promise<void> {
  const isOne = (name: string) => name === "config.json" || /^adapter_|\.(safetensors|bin)$/.test(name);
  const there = await heldInOutput({ name: "out", path: out }, isOne);
  if (there !== undefined)
    throw optionError("out", "a folder without a model or an adapter", out, `${there} is there`);
}
