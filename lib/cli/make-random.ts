/** `vqathinker make-random`: a checkpoint of a published size with random weights. */
import { Command } from "commander";
import { byteProgress, gigabytes } from "../core/progress.js";
import { FAMILY_NAMES, type FamilyName } from "../layout/families.js";
import { makeRandomCheckpoint } from "../random-checkpoint/random-checkpoint.js";
import { flag } from "./flag.js";
import { parseInteger } from "./options.js";
import { exitOnSignal } from "./stop-signal.js";

interface Flags {
  readonly like: FamilyName;
  readonly layers?: number;
  readonly seed?: number;
  readonly out: string;
}

export function makeRandomCommand(): Command {
  return new Command("make-random")
    .description(
      "write a checkpoint with random weights: real names, shapes and config, for dry runs and benches",
    )
    .addOption(flag("--like <size>", "the published size", { needed: true, choices: FAMILY_NAMES }))
    .addOption(flag("--layers <count>", "decoder layers", { read: parseInteger, usual: "as published" }))
    .addOption(flag("--seed <number>", "of the values", { read: parseInteger, usual: "0" }))
    .addOption(flag("--out <dir>", "folder to write", { needed: true }))
    .action(async ({ like, layers, seed, out }: Flags) => {
      exitOnSignal();
      const onProgress = byteProgress(`writing ${out}`);
      const bytes = await makeRandomCheckpoint(out, { like, layers, seed, onProgress });
      process.stdout.write(`${out}: ${like}, ${gigabytes(bytes)} of random bfloat16 weights\n`);
    });
}
