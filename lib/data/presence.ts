/** Which videos of a list exist. Looks at the file system's names; opens no video. */
import { stat } from "node:fs/promises";
import { EngineError } from "../core/errors.js";
import type { ManifestEntry } from "./entry.js";

type Listed = Pick<ManifestEntry, "video">;

/** So many names stand in an error; the count says how many there are. */
const NAMED = 3;

/** One truth value per entry. What is there but cannot be read is present: decoding tells what is wrong with it. */
export function present(entries: readonly Listed[]): Promise<boolean[]> {
  return Promise.all(
    entries.map(({ video }) =>
      stat(video).then(
        () => true,
        ({ code }: NodeJS.ErrnoException) => code !== "ENOENT" && code !== "ENOTDIR",
      ),
    ),
  );
}

/** @throws {EngineError} E_MEDIA naming the first videos that do not exist, with their number. */
export async function checkPresent(entries: readonly Listed[]): Promise<void> {
  const there = await present(entries);
  const absent = entries.filter((_, i) => !there[i]).map(({ video }) => video);
  if (absent.length === 0) return;
  const more = absent.length > NAMED ? `, and ${absent.length - NAMED} more` : "";
  const message =
    `${absent.length} of ${entries.length} videos do not exist: ${absent.slice(0, NAMED).join(", ")}${more}; ` +
    "the option videos names the folder that a list's videos are in";
  throw new EngineError("E_MEDIA", message, {
    details: { absent: absent.length, listed: entries.length, file: absent[0] ?? "" },
  });
}
