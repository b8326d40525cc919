/** Standard output of every command, where nobody reads it any more or nothing takes it. Knows no command. */
import { constants } from "node:os";
import { EngineError } from "../core/errors.js";

/** As a shell shows a program that a closed pipe has ended: `cat`, `ls` or `git` before `head`. */
const UNREAD = 128 + constants.signals.SIGPIPE;

let goesOn: string | null = null;

/** This command's work is worth more than what it prints: it goes on without. @param what  that does, and what tells the rest. */
export function goOnUnread(what: string): void {
  goesOn = what;
}

/**
 * Ends the command where its output ends: without a word when nobody reads it (exit code 141), with an error when it
 * cannot be written. Standard error may go at any time: a message that nobody sees stops nothing.
 *
 * @param fail  Tells the error and ends the process.
 */
export function watchOutput(fail: (error: EngineError) => void): void {
  process.stderr.on("error", () => {});
  // A stream tells of its first failure and takes no more after it.
  process.stdout.once("error", (failure: NodeJS.ErrnoException) => {
    process.stdout.on("error", () => {});
    if (goesOn !== null) {
      process.stderr.write(`standard output: ${failure.message}; ${goesOn}\n`);
    } else if (isUnread(failure)) {
      process.exit(UNREAD);
    } else {
      const message = `standard output: cannot be written: ${failure.message}; make room or write elsewhere`;
      fail(new EngineError("E_FORMAT", message, { cause: failure }));
    }
  });
}

/** A terminal that went away fails as a broken disk does. */
function isUnread({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "ECONNRESET" || (code === "EIO" && process.stdout.isTTY);
}
