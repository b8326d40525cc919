/** The form of a whole answer: one think block, then one answer block. Knows nothing of what they say. */

const INSIDE = "((?:(?!</?think>|</?answer>).)*)";

/** Groups: what is thought, what is answered. White space may stand between the blocks, and nothing else anywhere. */
export const ONE_OF_EACH = new RegExp(`^<think>${INSIDE}</think>\\s*<answer>${INSIDE}</answer>$`, "s");

/** Group: what is answered. One answer block is the whole text. */
export const ANSWER_ALONE = new RegExp(`^<answer>${INSIDE}</answer>$`, "s");

/** What stands in the last answer block, trimmed; null where there is none. */
export function lastAnswer(text: string): string | null {
  return [...text.matchAll(/<answer>(.*?)<\/answer>/gs)].at(-1)?.[1]?.trim() ?? null;
}

/** A value of a flat object. */
export type FlatValue = string | number | boolean | null;

/** The flat JSON object that is all of the last answer block; null where it is none, or holds lists or objects. */
export function answerObject(text: string): ReadonlyMap<string, FlatValue> | null {
  const answer = lastAnswer(text);
  if (answer === null || !/^\{[^{}]*\}$/.test(answer)) return null;
  try {
    const entries = Object.entries(JSON.parse(answer) as Record<string, unknown>);
    const flat = entries.every(([, value]) => value === null || typeof value !== "object");
    return flat ? new Map(entries as [string, FlatValue][]) : null;
  } catch {
    return null; // a model wrote it: what is no JSON holds no values
  }
}
