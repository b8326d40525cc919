/** A process that works until it is told to stop: says "ready", and "aborted" at the first signal, then goes on. */
import { stopSignal } from "../../lib/cli/stop-signal.js";

stopSignal("what was made is kept").addEventListener("abort", () => process.stdout.write("aborted\n"));
setInterval(() => {}, 1000);
process.stdout.write("ready\n");
