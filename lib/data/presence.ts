/** Which videos of a list exist. Looks at the file system's names; opens no video. */
import { statIfThere } from "../core/absent.js";
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import type { ManifestEntry } from "./entry.js";
import { namesakes } from "./namesakes.js";

type Listed = Pick<ManifestEntry, "video">;

/** So many names stand in an error; the count says how many there are. */
const NAMED = 3;

/** One truth value per entry. What is there but cannot be read is present: decoding tells what is wrong with it. */
export function present(entries: readonly Listed[]): Promise<boolean[]> {
  return Promise.all(
    entries.map(({ video }) =>
      statIfThere(video).then(
        (found) => found !== null,
        () => true,
      ),
    ),
  );
}

/**
 * @param folder  what names the folder that videos are in.
 * @throws {EngineError} E_MEDIA naming the first videos that do not exist, with their number.
 */
export async function checkPresent(entries: readonly Listed[], folder = "the option videos"): Promise<void> {
  const absent = await absentOnes(entries);
  if (absent.length > 0) throw await absentError(absent, entries.length, folder);
}

/** @throws {EngineError} E_MEDIA as checkPresent, where not one of them exists. */
export async function checkSomePresent(entries: readonly Listed[]): Promise<void> {
  const absent = await absentOnes(entries);
  if (absent.length === entries.length) throw await absentError(absent, entries.length, "the option videos");
}

async function absentOnes(entries: readonly Listed[]): Promise<string[]> {
  const there = await present(entries);
  return entries.filter((_, i) => !there[i]).map(({ video }) => video);
}

async function absentError(absent: readonly string[], listed: number, folder: string): Promise<EngineError> {
  const more = absent.length > NAMED ? `, and ${absent.length - NAMED} more` : "";
  const first = absent.slice(0, NAMED);
  const similar = await namesakes(first);
  const named = first.map((video, i) => `${printable(video)}${similarHint(similar[i])}`);
  const message =
    `${absent.length} of ${listed} videos do not exist: ${named.join(", ")}${more}; ` +
    `${folder} names the folder that a list's videos are in`;
  return new EngineError("E_MEDIA", message, {
    details: { absent: absent.length, listed, file: absent[0] ?? "" },
  });
}

/** What is said of the one file that an absent video may be; empty where there is none. */
export function similarHint(similar: string | null | undefined): string {
  return similar == null ? "" : ` (${printable(similar)} is there, and not taken: the list must name it so)`;
}
