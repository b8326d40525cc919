/** Names as they are written: ffmpeg takes some of them for patterns. Knows nothing of what a file holds. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { EngineError } from "../core/errors.js";

/** With one of these in any part of its path, an image's name stands for a numbered row of images (`%d`) or for a choice. */
const PATTERN = /[%*?{]/;
/** Where a file does not say what it is, ffmpeg goes by the ending. */
const ENDING = /^\.\w+$/;

/**
 * Runs `use` with a name of the file in which nobody reads a pattern: its own, or that of a link that is there as long.
 *
 * @param file  absolute.
 * @throws {EngineError} E_UNAVAILABLE when such a link cannot be made; what `use` throws.
 */
export async function underPlainName<T>(file: string, use: (name: string) => Promise<T>): Promise<T> {
  if (!PATTERN.test(file)) return use(file);
  const dir = await linkFolder(file);
  try {
    const ending = extname(file);
    const link = join(dir, `file${ENDING.test(ending) ? ending : ""}`);
    await symlink(file, link);
    return await use(link);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function linkFolder(file: string): Promise<string> {
  const root = tmpdir();
  const needs = `${file}: ffmpeg reads a pattern in this name, so it needs a link of another name`;
  if (PATTERN.test(root))
    throw new EngineError("E_UNAVAILABLE", `${needs}, and TMPDIR=${root} has a pattern too; set another one`);
  return mkdtemp(join(root, "vqathinker-")).catch((cause: Error) => {
    throw new EngineError("E_UNAVAILABLE", `${needs}, which cannot be made in TMPDIR: ${cause.message}`, {
      details: { file },
      cause,
    });
  });
}
