/** What a list or a program says of its videos → entries. The one place that gives ids and keeps them apart. */
import { resolve } from "node:path";
import type { ReplyEntry } from "./entry.js";
import { multiplied } from "./label-scale.js";

/** An entry with its video as written, relative or not. */
export type WrittenEntry = Omit<ReplyEntry, "id"> & { readonly id?: string | undefined };

export interface FinishOptions {
  /** The folder that videos are relative to. */
  readonly folder: string;
  readonly labelScale: number;
  /** The error for the entry at `place` that has the id of the one at `earlier`; both count from 0. */
  readonly sameId: (id: string, place: number, earlier: number) => Error;
}

/**
 * Entries with ids, absolute paths and multiplied scores. Ids name random streams: two videos of one id would be
 * perturbed and sampled alike.
 *
 * @param written  taken one by one, so that the first wrong one is the one that is named.
 * @throws what `sameId` gives; {EngineError} E_OPTION unless the factor is finite and above 0.
 */
export function finishEntries(
  written: Iterable<WrittenEntry>,
  { folder, labelScale, sameId }: FinishOptions,
): ReplyEntry[] {
  const placeOf = new Map<string, number>();
  const entries: ReplyEntry[] = [];
  for (const entry of written) {
    const id = entry.id ?? entry.video;
    const earlier = placeOf.get(id);
    if (earlier !== undefined) throw sameId(id, entries.length, earlier);
    placeOf.set(id, entries.length);
    entries.push({ ...entry, id, video: resolve(folder, entry.video) });
  }
  return multiplied(entries, labelScale);
}
