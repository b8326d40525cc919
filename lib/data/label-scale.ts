/** Labels times a factor that the user names; nothing is ever guessed from their range. */
import { optionError } from "../core/check.js";
import type { ReplyEntry } from "./entry.js";

/**
 * Scores times `factor`. The ends of an entry's own scale go with its score, so that the score keeps its place there.
 *
 * @throws {EngineError} E_OPTION unless the factor is finite and above 0.
 */
export function multiplied(entries: readonly ReplyEntry[], factor: number): ReplyEntry[] {
  if (!(Number.isFinite(factor) && factor > 0))
    throw optionError("labelScale", "a finite number above 0", factor);
  if (factor === 1) return [...entries];
  return entries.map(({ scoreText: _unmultiplied, score, scale, ...entry }) => ({
    ...entry,
    score: score === null ? null : score * factor,
    ...(scale === undefined ? {} : { scale: { min: scale.min * factor, max: scale.max * factor } }),
  }));
}
