/** What each token of a reply counts. Pure. */

/** A reply as tokens, the one that ends the turn included. */
export interface ReplyTokens {
  readonly id: string;
  readonly text: string;
  readonly tokens: Int32Array;
  /** Text of each token alone; a character that several tokens share is U+FFFD in each of them. */
  readonly pieces: readonly string[];
}

/** Weight ≥ 0 of every token of a reply; over a step's tokens only their ratios count. */
export type TokenWeights = (reply: ReplyTokens) => ArrayLike<number>;

const OPEN = "<answer>";
const CLOSE = "</answer>";

/** `weight` for tokens that hold a character inside the last answer block, 1 for all others. */
export function answerWeights(weight: number): TokenWeights {
  return ({ pieces }) => {
    const text = pieces.join("");
    const open = text.lastIndexOf(OPEN);
    const close = text.indexOf(CLOSE, open);
    const [begin, end] = open < 0 || close < 0 ? [0, 0] : [open + OPEN.length, close];
    let at = 0;
    return pieces.map((piece) => {
      const from = at;
      at += piece.length;
      return Math.min(at, end) > Math.max(from, begin) ? weight : 1;
    });
  };
}
