/** `vqathinker setup`: libtorch into the cache, and the addon built where no prebuilt one fits. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { Command } from "commander";
import { EngineError } from "../core/errors.js";
import { packageRoot } from "../core/package-root.js";
import { fetchLibtorch } from "../libtorch/fetch-libtorch.js";
import { LIBTORCH_VERSION, searchLibtorch } from "../libtorch/libtorch.js";
import { addonPath, openLoader } from "../native/loader.js";

export interface SetupOptions {
  /** Fetch the CUDA build of libtorch. */
  readonly cuda?: boolean | undefined;
  /** Take libtorch from this wheel. */
  readonly wheel?: string | undefined;
  /** Build the addon even when there is one. */
  readonly build?: boolean | undefined;
}

/**
 * Makes native calls possible on this machine; does nothing where they already are.
 *
 * @throws {EngineError} as fetchLibtorch; E_UNAVAILABLE if the addon cannot be built.
 */
export async function setup(options: SetupOptions, log: (line: string) => void): Promise<void> {
  const wanted = builtFor() ?? LIBTORCH_VERSION;
  const { found } = searchLibtorch(wanted);
  const asked = options.wheel !== undefined || (options.cuda === true && found?.cuda !== true);
  if (found && !asked) {
    log(`libtorch ${found.version ?? ""} is in ${found.root} (${found.source})`);
  } else {
    await fetchLibtorch({ version: wanted, cuda: options.cuda, log, wheel: options.wheel });
  }
  if (options.build || builtFor() === undefined) await buildAddon(log);
  else log(`the addon is ${addonPath()}`);
}

export function setupCommand(): Command {
  return new Command("setup")
    .description("fetch libtorch with pip and, where no prebuilt addon fits, build it")
    .option("--cuda", "fetch the CUDA build of libtorch, several GB")
    .option("--wheel <file>", "take libtorch from this torch wheel instead of asking pip")
    .option("--build", "build the addon from source even when there is one")
    .action((options: SetupOptions) => setup(options, (line) => process.stdout.write(`${line}\n`)));
}

/** The libtorch that the addon here was built for; undefined when there is no addon. */
function builtFor(): string | undefined {
  try {
    return openLoader(addonPath()).builtFor;
  } catch (error) {
    if (error instanceof EngineError && error.code === "E_UNAVAILABLE") return undefined;
    throw error;
  }
}

function buildAddon(log: (line: string) => void): Promise<void> {
  const script = join(packageRoot(), "scripts", "build.mjs");
  log(`building the addon: node ${script}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new EngineError("E_UNAVAILABLE", `${script} exited with ${code}; its own lines above say why`),
        );
    });
  });
}
