/** A command of this package as a message tells it: what a person can type as it stands, wherever it is installed. */

/** What no shell takes for anything but itself. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * `npx vqathinker train --resume 'my run'`: npx finds the program in a project, installed globally, or nowhere yet.
 *
 * @param args  a file's name with spaces is one argument; words in CAPITALS stand for what a person fills in.
 */
export function toType(...args: readonly string[]): string {
  const quoted = args.map((arg) => (PLAIN.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ["npx", "vqathinker", ...quoted].join(" ");
}
