/**
 * Says whether a prompt is one that VQAThinker was released with, and if not, in which part it differs. Knows the
 * released texts by their SHA-256 only.
 */
import { createHash } from "node:crypto";
import { type PromptWording, userTurn } from "./prompt.js";
import {
  type AskedText,
  checkTemplate,
  RELEASED_VIEWS,
  type Template,
  templateOf,
  templateWording,
} from "./templates.js";

/** A text by its length in characters (code points) and the SHA-256 of its UTF-8 bytes, in hexadecimal. */
export interface Fingerprint {
  readonly characters: number;
  readonly sha256: string;
}

/** Which of the released prompts is compared with. */
export type ReleasedPrompt = keyof typeof RELEASED_VIEWS;
const RELEASED = Object.keys(RELEASED_VIEWS) as ReleasedPrompt[];

/** Lengths and hashes of the released prompts' parts, which are not ours to hand on. */
export interface ReleasedFacts {
  readonly system: Fingerprint;
  readonly question: Fingerprint;
  /** With one space before it, as the training prompt has it. */
  readonly instruction: Fingerprint;
  /** The user's message, `<image>` in every slot. */
  readonly message: Readonly<Record<ReleasedPrompt, Fingerprint>>;
}

const FACTS: ReleasedFacts = {
  system: {
    characters: 58,
    sha256: "bdb4d179c4c458dd9bd365588d3fd15aba0f2b755b4b192383416f610ad3396e",
  },
  question: {
    characters: 281,
    sha256: "f39785c5401712e0b8f265b3c46d5eae80b90c6d850b74cc1aa3f860cdb7c9c8",
  },
  instruction: {
    characters: 120,
    sha256: "85ddf1641304463c0d0489701fc38823fd18f0a33a4abdcfcfca4a8ed853dae4",
  },
  message: {
    train: {
      characters: 544,
      sha256: "09ac9b456af38c9adfb8cd8c8b4fda178844632b103ffabde94b69a7cd152f93",
    },
    test: {
      characters: 635,
      sha256: "5a1ee1f70d12a07ad2b12fc13057b5d293742883fdffd900d2f94be89f2fa9da",
    },
  },
};

export interface CheckedPrompt extends AskedText {
  readonly template: string;
  readonly frames: number;
  /** Does the checkpoint take a motion token? Default true. */
  readonly motion?: boolean | undefined;
  /** The checkpoint's wording. */
  readonly own: PromptWording;
}

/** One part of a prompt, on both sides. */
export interface PromptPart {
  readonly name: "system message" | "layout" | "question" | "instruction";
  /** null when the prompt has no such part. */
  readonly found: Fingerprint | null;
  readonly expected: Fingerprint;
  readonly same: boolean;
}

export interface PromptCheck extends Fingerprint {
  /** The user's message, `<image>` in every slot; length and SHA-256 are its. */
  readonly message: string;
  /** Which released message it is; null for neither. The system message is a part of its own. */
  readonly released: ReleasedPrompt | null;
  /** The released prompt that the parts are compared with. */
  readonly comparedWith: ReleasedPrompt;
  readonly parts: readonly PromptPart[];
}

export function fingerprint(text: string): Fingerprint {
  return { characters: [...text].length, sha256: createHash("sha256").update(text, "utf8").digest("hex") };
}

function equal(a: Fingerprint | null, b: Fingerprint): boolean {
  return a?.characters === b.characters && a.sha256 === b.sha256;
}

function comparePart(name: PromptPart["name"], text: string | null, expected: Fingerprint): PromptPart {
  const found = text === null ? null : fingerprint(text);
  return { name, found, expected, same: equal(found, expected) };
}

/** Question and instruction of a text that has both, cut where the released question ends. */
function splitAsked(text: string, questionLength: number): AskedText & { readonly join?: string } {
  const characters = [...text];
  if (characters.length <= questionLength) return { question: text };
  const rest = characters.slice(questionLength).join("");
  const join = rest.startsWith(" ") ? " " : "";
  return {
    question: characters.slice(0, questionLength).join(""),
    instruction: rest.slice(join.length),
    join,
  };
}

/** All of the user's message but its texts. */
function layoutText(
  layout: Template,
  slots: { frames: number; motion: boolean },
  join = layout.join,
): string {
  const question = `{question}${join}{instruction}`;
  return userTurn({ ...layout, system: null, question }, slots).join("<image>");
}

/**
 * Compares a prompt with the released one of its template; other templates with the test prompt at 12 frames, else with
 * the training prompt.
 *
 * @param facts  what counts as released.
 * @throws {EngineError} E_OPTION as templateWording.
 */
export function checkPrompt(prompt: CheckedPrompt, facts: ReleasedFacts = FACTS): PromptCheck {
  const { frames, motion = true, own } = prompt;
  const template = checkTemplate(prompt.template, prompt);
  const wording = templateWording(template, own, prompt);
  const message = userTurn(wording, { frames, motion }).join("<image>");
  const whole = fingerprint(message);

  const likeTest =
    template === "released-test" || (template !== "released-train" && frames === RELEASED_VIEWS.test.frames);
  const comparedWith = likeTest ? "test" : "train";
  const released = templateOf(`released-${comparedWith}`, own);
  const layout = templateOf(template, own);
  const { question, instruction, join } =
    prompt.instruction === undefined
      ? splitAsked(wording.question, facts.question.characters)
      : { ...prompt, join: layout.join };
  // Where nothing is joined, the instruction alone is said to differ.
  const foundLayout = layoutText(layout, { frames, motion }, join ?? released.join);
  const expectedLayout = layoutText(released, { frames: RELEASED_VIEWS[comparedWith].frames, motion: true });
  return {
    message,
    ...whole,
    released: RELEASED.find((name) => equal(whole, facts.message[name])) ?? null,
    comparedWith,
    parts: [
      comparePart("system message", own.system, facts.system),
      comparePart("layout", foundLayout, fingerprint(expectedLayout)),
      comparePart("question", question ?? null, facts.question),
      comparePart("instruction", instruction === undefined ? null : ` ${instruction}`, facts.instruction),
    ],
  };
}

/** A line for each part that differs from the released prompt. */
export function promptDifferences({ parts }: PromptCheck): string[] {
  const shown = (print: Fingerprint | null) =>
    print === null ? "none" : `${print.characters} characters, SHA-256 ${print.sha256}`;
  return parts
    .filter(({ same }) => !same)
    .map(({ name, found, expected }) => `${name}: found ${shown(found)}; released: ${shown(expected)}`);
}
