/** The offer of libtorch as a command makes it: on standard error, asked where a person sits, so that output stays clean. */
import { createInterface } from "node:readline";
import { EngineError } from "../core/errors.js";
import { stageProgress } from "../core/progress.js";
import { tryLibtorch } from "../native/libtorch-trial.js";
import { requireTools } from "../video/tools.js";
import { cardHere, loaderHere } from "./machine.js";
import { offerLibtorch } from "./offer.js";

/**
 * Runs what needs libtorch; where that is missing it is offered, and what needs it runs once more.
 *
 * @param work  refuses what it can before it asks for libtorch: nothing is fetched in vain.
 * @throws {EngineError} E_NO_LIBTORCH with the commands when nobody wants it fetched; what `work` throws; E_NO_FFMPEG.
 */
export async function withLibtorch<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_NO_LIBTORCH") throw error;
    await offerHere(error.details["device"] !== undefined);
    return await work();
  }
}

/**
 * Does nothing where libtorch is there.
 *
 * @param cuda  only the CUDA build serves.
 * @throws {EngineError} as offerLibtorch; E_NO_FFMPEG, because nothing that computes here does without videos.
 */
export async function offerHere(cuda = false): Promise<void> {
  const loader = loaderHere();
  // Without an addon libtorch is of no use: whoever opens the addon says what to do.
  if (loader === null) return;
  requireTools();
  const person = process.stdin.isTTY && process.stderr.isTTY;
  await offerLibtorch({
    wanted: loader.builtFor,
    card: cardHere(loader),
    cuda,
    ask: person ? askHere : null,
    env: process.env,
    log: (line) => process.stderr.write(`${line}\n`),
    onBytes: stageProgress(),
    tryOut: tryLibtorch,
  });
}

/** Ctrl-C and the end of input are an empty answer. */
function askHere(question: string): Promise<string> {
  return new Promise((settle) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    lines.once("close", () => settle(""));
    lines.question(question, (answer) => {
      settle(answer);
      lines.close();
    });
  });
}
