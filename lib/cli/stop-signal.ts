/** Ctrl-C, a kill and a terminal that went away, as an abort of what runs. Knows no command. */
import { constants } from "node:os";

/** What a person, a scheduler or a dropped connection ends a command with. */
const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What a shell adds to a signal's number. */
const BY_SIGNAL = 128;

/** Ends the process at the first of them as an exit, which takes files away that are half written. */
export function exitOnSignal(): void {
  for (const name of STOPPING) process.on(name, () => exitFor(name));
}

/**
 * Fires at the first SIGINT, SIGTERM or SIGHUP; the second one ends the process with 128 + its number.
 *
 * @param said  What the command does now, as a line on standard error; what a second signal does is added.
 */
export function stopSignal(said: string): AbortSignal {
  const controller = new AbortController();
  for (const name of STOPPING) {
    process.on(name, () => {
      if (controller.signal.aborted) exitFor(name);
      process.stderr.write(`\nstopping: ${said}; once more stops at once\n`);
      controller.abort();
    });
  }
  return controller.signal;
}

function exitFor(name: (typeof STOPPING)[number]): never {
  process.exit(BY_SIGNAL + constants.signals[name]);
}
