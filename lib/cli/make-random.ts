/** `vqathinker make-random`: a checkpoint of a published size with random weights. */
import { Command, Option } from "commander";
import { byteProgress, gigabytes } from "../core/progress.js";
import { FAMILY_NAMES, type FamilyName } from "../layout/families.js";
import { makeRandomCheckpoint } from "../random-checkpoint/random-checkpoint.js";
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
    .addOption(new Option("--like <size>", "the published size").choices(FAMILY_NAMES).makeOptionMandatory())
    .option("--layers <count>", "decoder layers (default: as published)", parseInteger)
    .option("--seed <number>", "of the values (default: 0)", parseInteger)
    .requiredOption("--out <dir>", "folder to write")
    .action(async ({ like, layers, seed, out }: Flags) => {
      exitOnSignal();
      const onProgress = byteProgress(`writing ${out}`);
      const bytes = await makeRandomCheckpoint(out, { like, layers, seed, onProgress });
      process.stdout.write(`${out}: ${like}, ${gigabytes(bytes)} of random bfloat16 weights\n`);
    });
}
