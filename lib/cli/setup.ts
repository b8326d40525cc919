/** `vqathinker setup`: libtorch found, named, fetched or taken away; what for is lib/setup/. */
import { Command } from "commander";
import { optionError } from "../core/check.js";
import { type NamedPath, refuseOverlap } from "../core/output-place.js";
import { stageProgress } from "../core/progress.js";
import { removeCache } from "../libtorch/remove.js";
import { megabytes } from "../libtorch/room.js";
import { type SetupOptions, setup } from "../setup/setup.js";
import { missingTool } from "../video/tools.js";

interface SetupFlags extends SetupOptions {
  readonly remove?: boolean;
}

/** Where libtorch comes from: one of them at most. */
const SOURCES = ["wheel", "index", "offline", "libtorch", "venv", "remove"] as const;

export function setupCommand(): Command {
  return new Command("setup")
    .description("provide libtorch: fetch it, or use one that is here")
    .option("--cuda", "the CUDA build of libtorch, several GB")
    .option("--wheel <file>", "take libtorch from this torch wheel")
    .option("--libtorch <dir>", "use this unpacked libtorch, now and later")
    .option("--venv <dir>", "use the torch of this Python environment, now and later")
    .option("--index <url>", "fetch the CPU wheel from this index instead of asking pip")
    .option("--archive <file>", "also write libtorch into this file, for a machine without network")
    .option("--offline <file>", "take libtorch from such a file")
    .option("--build", "build the addon from source")
    .option("--remove", "take away what setup has fetched")
    .action(async (flags: SetupFlags) => {
      const given = SOURCES.filter((name) => flags[name] !== undefined);
      const [first, second] = given;
      if (first !== undefined && second !== undefined)
        throw optionError(second, `no second place to take libtorch from beside --${first}`, `--${second}`);
      const beside = (["archive", "build", "cuda"] as const).find((name) => flags[name] !== undefined);
      if (flags.remove && beside !== undefined)
        throw optionError(beside, "nothing beside --remove", `--${beside}`);
      if (flags.remove) return remove();
      const inputs = (["wheel", "offline"] as const).map((name) => named(`--${name}`, flags[name]));
      await refuseOverlap(named("archive", flags.archive), inputs.flat());
      await setup(flags, { log, onBytes: stageProgress() });
      const missing = missingTool();
      if (missing !== null) log(`videos cannot be read yet: ${missing}`);
    });
}

function named(name: string, path: string | undefined): NamedPath[] {
  return path === undefined ? [] : [{ name, path }];
}

async function remove(): Promise<void> {
  const bytes = await removeCache(process.env, (pid) => log(`waiting for process ${pid}, which sets up`));
  log(bytes === 0 ? "there was nothing to remove" : `removed ${megabytes(bytes)}`);
}

function log(line: string): void {
  process.stdout.write(`${line}\n`);
}
