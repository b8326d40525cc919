/** What other lists call their columns, and how a message says it back. Decides nothing: a user names the columns. */
import { printable } from "../core/refuse.js";

/** In small letters and without marks between the words. */
const VIDEO =
  /^(?:videos?|(?:video)?(?:files?|names?|paths?|list)|file(?:name|path)s?|video(?:file|name)s?|clips?|images?(?:id|name|path)?)$/;
const SCORE =
  /^(?:scores?|labels?|ratings?|.*mos|mos.*|(?:gt|video|quality|mean|opinion|subjective)+scores?)$/;
/** A longer name would be cut in a message, and so be none. */
const LONGEST_NAME = 60;

/** The option that says these names, a gap where none or several of them could be meant. */
export function columnsOption(names: readonly string[]): string {
  const pick = (pattern: RegExp): string => {
    const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
    const [name = "…", ...more] = names.filter((one) => pattern.test(plain(one)));
    return more.length > 0 || name.length > LONGEST_NAME ? "…" : printable(name);
  };
  const columns = `video=${pick(VIDEO)},score=${pick(SCORE)}`;
  return `--columns ${/[^\w.=,…-]/u.test(columns) ? `"${columns}"` : columns}`;
}
