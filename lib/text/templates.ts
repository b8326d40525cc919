/**
 * Templates of the user's turn, as data: what stands around the visual slots, and how question and instruction are
 * joined. The texts themselves are the user's or the checkpoint's; none is kept here.
 */
import { checkOneOf, optionError } from "../core/check.js";
import type { PromptWording } from "./prompt.js";

/** Every layout of a prompt that is known. */
export const TEMPLATE_NAMES = ["default", "released-train", "released-test", "internvl-video"] as const;
/** One of TEMPLATE_NAMES. */
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export interface Template extends Omit<PromptWording, "system" | "question"> {
  /** Between question and instruction. */
  readonly join: string;
}

/** What is asked, where a user says it. */
export interface AskedText {
  readonly question?: string | undefined;
  /** How to answer; joined to the question as the template does. */
  readonly instruction?: string | undefined;
}

/** What of a video the released trainer and the released test scripts show: frames, and their side in pixels. */
export const RELEASED_VIEWS = {
  train: { frames: 6, imageSize: 448 },
  test: { frames: 12, imageSize: 560 },
} as const;

const LEAD = "Now you will receive a video:";

/** VQAThinker's public trainer and its public test scripts, and InternVL's own way with videos. */
const TEMPLATES: Readonly<Record<Exclude<TemplateName, "default">, Template>> = {
  "released-train": {
    lead: `${LEAD}\n`,
    frame: "Frame{i}:",
    frameEnd: "\n",
    motion: "Motion Feature:",
    motionEnd: "\n",
    join: " ",
  },
  "released-test": {
    lead: LEAD,
    frame: "Frame{i}: ",
    frameEnd: "",
    motion: "Motion Feature: ",
    motionEnd: "",
    join: "",
  },
  // InternVL has no motion slot; where a checkpoint has one, it gets a line like a frame's.
  "internvl-video": {
    lead: "",
    frame: "Frame{i}: ",
    frameEnd: "\n",
    motion: "Motion Feature: ",
    motionEnd: "\n",
    join: "\n",
  },
};

/** "default" is the checkpoint's own. */
export function templateOf(name: TemplateName, own: PromptWording): Template {
  if (name !== "default") return TEMPLATES[name];
  const { lead, frame, frameEnd, motion, motionEnd } = own;
  return { lead, frame, frameEnd, motion, motionEnd, join: " " };
}

/**
 * @throws {EngineError} E_OPTION for an unknown template, an instruction without a question, and a released template
 *   without a question.
 */
export function checkTemplate(template: string, { question, instruction }: AskedText): TemplateName {
  const name = checkOneOf("template", template, TEMPLATE_NAMES);
  if (question !== undefined) return name;
  if (instruction !== undefined)
    throw optionError("question", "a question to go with the instruction", undefined);
  if (name === "released-train" || name === "released-test") {
    const remedy = "give it with --prompt FILE (prompt in a configuration, question in the API)";
    throw optionError("prompt", `a question, since template ${name} has none of its own`, undefined, remedy);
  }
  return name;
}

/**
 * The wording of a template with a user's texts; where the user gives none, the checkpoint's question.
 *
 * @param own  the checkpoint's wording; its system message stays.
 * @throws {EngineError} E_OPTION as checkTemplate.
 */
export function templateWording(template: string, own: PromptWording, asked: AskedText = {}): PromptWording {
  const { join, ...around } = templateOf(checkTemplate(template, asked), own);
  const { question = own.question, instruction } = asked;
  return {
    system: own.system,
    ...around,
    question: instruction === undefined ? question : `${question}${join}${instruction}`,
  };
}
