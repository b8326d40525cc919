/** `vqathinker convert`: a PyTorch checkpoint file in, safetensors out. */
import { Command } from "commander";
import { listed } from "../core/refuse.js";
import { type Conversion, convertCheckpoint } from "../torch-file/convert.js";
import { flag } from "./flag.js";
import { exitOnSignal } from "./stop-signal.js";

export function convertCommand(): Command {
  return new Command("convert")
    .description(
      "write the tensors of a PyTorch file (.pyth, .pt, .pth, .bin) as safetensors; runs none of it",
    )
    .argument("<in>", "file of torch.save, of any version since 0.4")
    .addOption(
      flag("--out <file>", "safetensors file to write; one that is there is replaced", { needed: true }),
    )
    .action(async (input: string, { out }: { out: string }) => {
      exitOnSignal();
      const conversion = await convertCheckpoint(input, out);
      process.stdout.write(conversionLines(out, conversion));
    });
}

/** What was written, and every tensor and entry that was not. */
export function conversionLines(out: string, conversion: Conversion): string {
  const { format, key, tensors, bytes, leftOut, notTensors, beside } = conversion;
  const from = key ?? "the file's own dict";
  const left = leftOut.map(({ name, tensors }) => `${tensors} named ${name}`);
  const lines = [
    `${out}: ${tensors} tensors, ${bytes} bytes, from ${from} (${format} format)`,
    ...(left.length === 0 ? [] : [`left out: ${left.join(", ")}`]),
    ...(notTensors.length === 0 ? [] : [`left out, no tensors: ${listed(notTensors)}`]),
    ...(beside.length === 0 ? [] : [`not converted: ${listed(beside)}, beside ${from}`]),
  ];
  return `${lines.join("\n")}\n`;
}
