/**
 * The tokens of a checkpoint folder that have a meaning of their own: those of a prompt, the image slot, the ends of an
 * answer. Tokenizer and config.json must agree on them.
 */
import { join } from "node:path";
import { readJsonFile } from "../core/json.js";
import { refuse } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import { readTokenIds } from "../layout/config-parts.js";
import { LAYOUTS } from "../layout/layouts.js";
import { openTokenizer, type Tokenizer } from "../tokenizer/tokenizer.js";
import type { Survey } from "./survey.js";

/** Null when the folder has none. The tokens that a prompt is made of must have rows in the embedding. */
export async function tokenizerOf({ dir, config }: Survey): Promise<Tokenizer | null> {
  const tokenizer = await openTokenizer(dir);
  if (tokenizer === null) return null;
  const { vocabulary } = config.geometry.language;
  const { imageSlot, imageBegin, imageEnd, turnEnd } = tokenizer;
  const stray = Math.max(imageSlot, imageBegin, imageEnd, turnEnd);
  if (stray >= vocabulary)
    refuse(dir, null, `the tokenizer has token id ${stray}, but config.json a vocab_size of ${vocabulary}`);
  return tokenizer;
}

/** The image slot's id: the config's and the tokenizer's are the same where both say one. */
export function imageTokenOf({ dir, config }: Survey, tokenizer: Tokenizer | null): number {
  const file = join(dir, "config.json");
  if (config.imageToken === null) {
    if (tokenizer !== null) return tokenizer.imageSlot;
    const problem =
      "expected a tokenizer (tokenizer.json, or vocab.json with merges.txt and added_tokens.json): " +
      "in this layout nothing else says which token is <IMG_CONTEXT>";
    return refuse(dir, null, problem);
  }
  if (tokenizer !== null && tokenizer.imageSlot !== config.imageToken) {
    const problem = `image_token_id is ${config.imageToken}, but the tokenizer's <IMG_CONTEXT> is ${tokenizer.imageSlot}`;
    refuse(file, null, problem);
  }
  return config.imageToken;
}

/** generation_config.json speaks first, as in generation; config.json where it names none. */
export async function readEndTokens(
  { dir, config }: Survey,
  tokenizer: Tokenizer | null,
): Promise<readonly number[]> {
  if (LAYOUTS[config.layout].answerEndsTurn && tokenizer !== null) return [tokenizer.turnEnd];
  const file = join(dir, "generation_config.json");
  const own = (await isFile(file))
    ? readTokenIds((await readJsonFile(file)).eos_token_id, file, "eos_token_id")
    : [];
  const ids = own.length > 0 ? own : config.endTokens;
  if (ids.length === 0)
    refuse(join(dir, "config.json"), null, "eos_token_id is missing: nothing says how an answer ends");
  const { vocabulary } = config.geometry.language;
  const stray = ids.find((id) => id < 0 || id >= vocabulary);
  if (stray !== undefined)
    refuse(dir, null, `eos_token_id ${stray} is outside the vocabulary of ${vocabulary}`);
  return ids;
}
