/** Builds the token ids of a question about a video. Knows the wording it is given, and nothing of models. */
import { checkInteger, optionError } from "../core/check.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** The words around the visual slots. */
export interface PromptWording {
  /** System message; null for no system turn. */
  readonly system: string | null;
  /** Before the frames. */
  readonly lead: string;
  /** Before and after each frame's slots; {i} counts frames from 1. */
  readonly frame: string;
  readonly frameEnd: string;
  /** Before and after the motion slot. */
  readonly motion: string;
  readonly motionEnd: string;
  /** After the visual slots, when a score is wanted. */
  readonly question: string;
}

/** How many tokens each frame and the motion feature take. */
export interface PromptSlots {
  readonly frames: number;
  /** Visual tokens of one frame. */
  readonly visualTokens: number;
  /** One slot more, last, for the motion token. */
  readonly motion: boolean;
}

const SLOT = "<IMG_CONTEXT>";

/** The user's turn cut at its visual slots, so one text more than slots. */
export function userTurn(
  wording: PromptWording,
  { frames, motion }: Pick<PromptSlots, "frames" | "motion">,
  question = wording.question,
): string[] {
  const texts = [wording.lead];
  const add = (before: string, after: string) => texts.push(`${texts.pop() ?? ""}${before}`, after);
  for (let i = 1; i <= frames; i++) add(wording.frame.replaceAll("{i}", String(i)), wording.frameEnd);
  if (motion) add(wording.motion, wording.motionEnd);
  texts.push(`${texts.pop() ?? ""}${question}`);
  return texts;
}

/**
 * One user's turn in ChatML, open for the answer: system turn if any, lead, frames, motion, question.
 *
 * @param question  default: the wording's own.
 * @returns         ids; frames · visualTokens (+ 1 with motion) of them are slots, in order.
 * @throws {EngineError} E_OPTION when a text holds a slot token itself.
 */
export function buildPrompt(
  tokenizer: Pick<Tokenizer, "encode" | "imageSlot">,
  wording: PromptWording,
  slots: PromptSlots,
  question = wording.question,
): Int32Array {
  checkInteger("frames", slots.frames, 1);
  const system = wording.system === null ? "" : `<|im_start|>system\n${wording.system}<|im_end|>\n`;
  const turn = userTurn(wording, slots, question);
  if ([system, ...turn].some((text) => text.includes(SLOT)))
    throw optionError("question", `a text without ${SLOT}`, question);
  // The slot token cuts the text wherever it stands, so that the parts can be encoded apart.
  const last = turn.length - 1;
  return Int32Array.from(
    turn.flatMap((text, i) => {
      const before = i === 0 ? `${system}<|im_start|>user\n` : "</img>";
      const after = i === last ? "<|im_end|>\n<|im_start|>assistant\n" : "<img>";
      const count = i === last ? 0 : i < slots.frames ? slots.visualTokens : 1;
      return [
        ...tokenizer.encode(`${before}${text}${after}`),
        ...new Array<number>(count).fill(tokenizer.imageSlot),
      ];
    }),
  );
}
