/** Standard output of a program whose every line there is read by another one, while strangers' code runs in it. */
import { Console } from "node:console";

/**
 * From now on what this thread prints, by console or by writing to standard output, goes to standard error.
 *
 * @returns what still writes to standard output.
 */
export function ownOutput(): (text: string) => void {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  // Bun's and Deno's own console does not write through the stream.
  globalThis.console = new Console(stderr);
  return (text) => {
    write(text);
  };
}
