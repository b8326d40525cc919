/** What is to be learned of each video: the reply of its row, or one made from its score. Pure. */
import { optionError } from "../core/check.js";
import { decimalNumber } from "../core/decimal.js";
import { EngineError } from "../core/errors.js";
import { listed, printable } from "../core/refuse.js";
import type { ReplyEntry } from "../data/entry.js";
import { INTERNVL_SPECIAL } from "../tokenizer/special-tokens.js";
import type { TrainVideo } from "../train/video.js";
import { SCORE_MARK, type SftKeys } from "./keys.js";

type Keys = Pick<SftKeys, "reply">;

/** Turn marks and the like, and what stands around visual slots: as text they would become a token each. */
const MARK = new RegExp(["<\\|[\\w ]+\\|>", ...INTERNVL_SPECIAL].join("|"));
/** So many videos are named. */
const NAMED = 3;

/**
 * @throws {EngineError} E_OPTION for rows without a reply where the configuration has none, or where it asks for a score
 *                       that a row has not; E_FORMAT for replies that are empty or hold a mark of the model's own.
 */
export function checkReplies(entries: readonly ReplyEntry[], { reply }: Keys): void {
  const bare = entries.filter((entry) => entry.reply === undefined);
  if (bare.length > 0 && reply === undefined)
    throw optionError(
      "reply",
      `a text for rows without a reply (${SCORE_MARK} stands for the score)`,
      reply,
      `missing in ${named(bare)}; in a list of ours the column or key is reply`,
    );
  const unscored = bare.filter(({ score }) => score === null);
  if (unscored.length > 0 && reply?.includes(SCORE_MARK))
    throw optionError("reply", "a text that every row can fill", reply, `no score in ${named(unscored)}`);
  const own = reply === undefined || bare.length === 0 ? [] : [{ id: "option reply", text: reply }];
  const texts = [...own, ...entries.map(({ id, reply: text }) => ({ id, text }))];
  for (const { id, text } of texts) {
    if (text === undefined) continue;
    const [mark] = MARK.exec(text) ?? [];
    if (text.trim() !== "" && mark === undefined) continue;
    const found = mark === undefined ? "an empty one" : `${printable(mark)} in it`;
    const message = `${printable(id)}: expected a reply without the model's own marks, found ${found}`;
    throw new EngineError("E_FORMAT", message, { details: { id, found } });
  }
}

/** @param video  one of those that were checked. */
export function replyOf({ reply, target, scoreText }: TrainVideo, config: Keys): string {
  if (reply !== undefined) return reply;
  if (target === null) return config.reply ?? "";
  // As the list writes it, unless the model's scale is another one.
  const score =
    scoreText !== undefined && decimalNumber(scoreText) === target ? scoreText : target.toFixed(2);
  return (config.reply ?? "").replaceAll(SCORE_MARK, () => score);
}

function named(entries: readonly ReplyEntry[]): string {
  return listed(
    entries.map(({ id }) => id),
    NAMED,
  );
}
