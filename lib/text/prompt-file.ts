/** A user's file with what is asked: a question and an instruction, one text, or a training list. Knows no layout. */
import { extname } from "node:path";
import { lostName } from "../core/absent.js";
import { checkPath } from "../core/check.js";
import { listed, refuse } from "../core/refuse.js";
import { decodeUtf8, readIfThere } from "../core/text-file.js";
import { readManifest } from "../data/manifest.js";
import type { AskedText } from "./templates.js";

/** Runs of lines between blank ones. */
function paragraphsOf(text: string): string[][] {
  const paragraphs: string[][] = [[]];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.trim() === "") paragraphs.push([]);
    else paragraphs.at(-1)?.push(line);
  }
  return paragraphs.filter((lines) => lines.length > 0);
}

/**
 * Two paragraphs are question and instruction, and so are two lines where nothing else stands; one line alone is the
 * whole text. Spaces count; a line end counts inside a paragraph that is one of two.
 *
 * @throws {EngineError} E_FORMAT for no text, or more than two parts.
 */
export function parsePrompt(text: string, file: string): AskedText {
  const paragraphs = paragraphsOf(text);
  const parts = paragraphs.length === 1 ? paragraphs.flat() : paragraphs.map((lines) => lines.join("\n"));
  const [question, instruction, ...more] = parts;
  if (question === undefined || more.length > 0) {
    const expected = "one line, or a question and an instruction on two lines or in two paragraphs";
    return refuse(file, null, `expected ${expected}, found ${parts.length} parts`);
  }
  return instruction === undefined ? { question } : { question, instruction };
}

/** The question that all lines of a training list ask. */
async function listedQuestion(file: string): Promise<AskedText> {
  const entries = await readManifest(file);
  const questions = [...new Set(entries.flatMap(({ question }) => question ?? []))];
  const [question, ...more] = questions;
  if (question === undefined)
    return refuse(file, null, "expected a training list, whose lines ask a question");
  if (more.length > 0)
    refuse(file, null, `expected one question in all lines, found ${listed(questions, 2)}`);
  return { question };
}

/**
 * A `.jsonl` file is a training list, of which the question is taken.
 *
 * @throws {EngineError} E_FORMAT when there is no such file, it is not UTF-8, or as parsePrompt; for a list also when its
 *   lines ask nothing, or different things; E_OPTION for what is no path.
 */
export async function readPrompt(file: string): Promise<AskedText> {
  checkPath("file", file);
  if (extname(file).toLowerCase() === ".jsonl") return listedQuestion(file);
  const bytes = await readIfThere(file);
  if (bytes === null)
    return refuse(file, null, `expected a file with the question, found ${lostName(file) ?? "none"}`);
  return parsePrompt(decodeUtf8(bytes, file), file);
}
