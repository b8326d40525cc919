/** What to say of a file that is not there. Knows no format. */

/** What Node makes of bytes in a name that are not UTF-8. */
const NOT_UTF8 = "\uFFFD";

/** "no such file", with what to do where Node cannot hand the file's real name on. */
export function noSuchFile(path: string): string {
  if (!path.includes(NOT_UTF8)) return "no such file";
  return "no such file under this name: if the real one is not UTF-8, rename it (convmv -f latin1 -t utf8 --notest FILE)";
}
