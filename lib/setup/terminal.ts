/** The offer of libtorch as a command makes it: on standard error, asked where a person sits, so that output stays clean. */
import { createInterface } from "node:readline";
import { EngineError } from "../core/errors.js";
import { stageProgress } from "../core/progress.js";
import { cardHere, loaderHere } from "./machine.js";
import { offerLibtorch } from "./offer.js";

/**
 * Runs what needs libtorch; where that is missing it is offered, and what needs it runs once more.
 *
 * @throws {EngineError} E_NO_LIBTORCH with the commands when nobody wants it fetched; what `work` throws.
 */
export async function withLibtorch<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "E_NO_LIBTORCH") throw error;
    await offerHere();
    return await work();
  }
}

/** @throws as withLibtorch; does nothing where libtorch is there. */
export async function offerHere(): Promise<void> {
  const loader = loaderHere();
  // Without an addon libtorch is of no use: whoever opens the addon says what to do.
  if (loader === null) return;
  const person = process.stdin.isTTY && process.stderr.isTTY;
  await offerLibtorch({
    wanted: loader.builtFor,
    card: cardHere(loader),
    ask: person ? askHere : null,
    env: process.env,
    log: (line) => process.stderr.write(`${line}\n`),
    onBytes: stageProgress(),
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
