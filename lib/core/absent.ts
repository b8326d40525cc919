/** What to say of a file that is not there. Knows no format. */
import { readlinkSync } from "node:fs";

/** What Node makes of bytes in a name that are not UTF-8. */
const NOT_UTF8 = "\uFFFD";

/** Where a link leads that leads nowhere; null for what is no link. Asked only of a path that is not there. */
export function danglingTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** "no such file", or why there is none although there seems to be one. */
export function noSuchFile(path: string): string {
  const target = danglingTarget(path);
  if (target !== null) return `a link to ${target}, which is not there`;
  if (!path.includes(NOT_UTF8)) return "no such file";
  return "no such file under this name: if the real one is not UTF-8, rename it (convmv -f latin1 -t utf8 --notest FILE)";
}
