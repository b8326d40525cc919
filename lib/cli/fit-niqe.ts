/** `vqathinker fit-niqe`: clean pictures and videos in, the model that `--scorer niqe` compares with out. */
import { Command } from "commander";
import { checkOutput, refuseOverlap } from "../core/output-place.js";
import { fitNiqe } from "../measures/fit-niqe.js";
import { writeNiqeModel } from "../measures/niqe-model.js";
import { nativeBinding } from "../native/load.js";
import { withLibtorch } from "../setup/terminal.js";
import { expandPaths } from "../video/files.js";
import { mediaError } from "../video/media-file.js";
import { flag } from "./flag.js";
import { parseInteger, parseNumber } from "./options.js";
import { exitOnSignal } from "./stop-signal.js";

interface Flags {
  readonly out: string;
  readonly frames?: number;
  readonly sharpness?: number;
}

export function fitNiqeCommand(): Command {
  return new Command("fit-niqe")
    .description(
      "fit NIQE's model of pristine pictures on clean ones; a folder stands for the videos and pictures in it",
    )
    .argument("<paths...>", "pictures (PNG, JPEG, WebP), videos and folders")
    .addOption(flag("--out <file>", "JSON file to write", { needed: true }))
    .addOption(flag("--frames <count>", "frames of a video", { read: parseInteger, usual: "8" }))
    .addOption(
      flag(
        "--sharpness <share>",
        "blocks count that are sharper than this share of their picture's sharpest",
        {
          read: parseNumber,
          usual: "0.75",
          source: "the paper",
        },
      ),
    )
    .action(async (paths: string[], { out, frames, sharpness }: Flags) => {
      exitOnSignal();
      const { files, unfit, passedOver } = await expandPaths(paths, { stills: true });
      for (const line of passedOver) process.stderr.write(`${line}\n`);
      for (const { path, problem } of unfit) throw mediaError(path, problem);
      const output = { name: "out", path: out };
      await refuseOverlap(
        [output],
        files.map((path) => ({ name: "a picture to fit on", path })),
      );
      const place = await checkOutput(output);
      await withLibtorch(async () => void nativeBinding());
      const model = await fitNiqe(files, { frames, sharpness, onFile: teller(files.length) });
      await writeNiqeModel(place, model);
      const { blocks, pictures } = model.fitted ?? { blocks: 0, pictures: 0 };
      process.stdout.write(
        `${out}: ${blocks} sharp blocks of ${pictures} pictures from ${files.length} files\n`,
      );
    });
}

/** On a terminal, how far it is. */
function teller(count: number): (path: string, done: number) => void {
  return (_path, done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count}${done === count ? "\n" : ""}`);
  };
}
