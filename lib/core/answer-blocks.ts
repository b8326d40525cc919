/** The form of a whole answer: one think block, then one answer block. Knows nothing of what they say. */

const INSIDE = "((?:(?!</?think>|</?answer>).)*)";

/** Groups: what is thought, what is answered. White space may stand between the blocks, and nothing else anywhere. */
export const ONE_OF_EACH = new RegExp(`^<think>${INSIDE}</think>\\s*<answer>${INSIDE}</answer>$`, "s");
