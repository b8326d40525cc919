/** Files that an absent video may be meant to be. Looks at names only, and decides nothing. */
import { readdir } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";

/** Names of a folder's files, by what they are without endings, capitals and ways to write an accent. */
type Index = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * For each of these paths the name of the one file in its folder that is called alike but for its ending, its capital
 * letters or the way in which an accent is written; null where there is none, or more than one. Folders are read once.
 */
export async function namesakes(absent: readonly string[]): Promise<(string | null)[]> {
  const folders = new Map<string, Promise<Index>>();
  return Promise.all(
    absent.map(async (path) => {
      const folder = dirname(path);
      const index = folders.get(folder) ?? indexOf(folder);
      folders.set(folder, index);
      const names = await index;
      const found = keysOf(basename(path)).flatMap((key) => [...(names.get(key) ?? [])]);
      const [only, ...more] = new Set(found);
      return only === undefined || more.length > 0 ? null : only;
    }),
  );
}

async function indexOf(folder: string): Promise<Index> {
  const index = new Map<string, Set<string>>();
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name } of found.filter((one) => !one.isDirectory()))
    for (const key of keysOf(name)) index.set(key, (index.get(key) ?? new Set()).add(name));
  return index;
}

/** The whole name and the name without its ending: one that has no ending may still hold a point. */
function keysOf(name: string): string[] {
  const plain = name.normalize("NFC").toLowerCase();
  return [...new Set([plain, basename(plain, extname(plain))])];
}
