/**
 * Text ↔ token ids, as a checkpoint's tokenizer files define them. Adds nothing to a text and cleans nothing up:
 * prompts say themselves what they open and close with. Knows no prompt wording.
 */
import { join } from "node:path";
import { Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { isJsonObject, type JsonObject, readJsonIfThere } from "../core/json.js";
import { printable, refuse } from "../core/refuse.js";
import { nfcLikeRust, splitLikeRust } from "./library-unicode.js";
import { FLAG_FILES, LAST_ID, readVocabularyFiles, VOCABULARY_FILES } from "./vocabulary-files.js";

const TOKENIZER = "tokenizer.json";

/** Every file that a tokenizer is read from; they travel with a saved checkpoint. */
export const TOKENIZER_FILES: readonly string[] = [TOKENIZER, ...VOCABULARY_FILES, ...FLAG_FILES];

/** How tokens become text. */
export interface DecodeOptions {
  /** Leave out tokens flagged special, like image slots and turn marks. Default true. */
  readonly skipSpecialTokens?: boolean | undefined;
}

/** A checkpoint's own tokenizer. */
export interface Tokenizer {
  /**
   * Ids of the text alone; no begin or end token is added. Added tokens in the text become their ids. A lone
   * surrogate counts as U+FFFD.
   *
   * @throws {EngineError} E_FORMAT when the tokenizer's file has no id for some of it.
   */
  encode(text: string): Int32Array;
  /** The text of these ids; bytes that are not UTF-8 become U+FFFD, ids without a token nothing. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Id of a token by its exact text; null when there is no such token. */
  idOf(token: string): number | null;
  /** `<IMG_CONTEXT>`: the slot that a visual or motion vector fills. */
  readonly imageSlot: number;
  /** `<img>` and `</img>`, around the slots of one frame. */
  readonly imageBegin: number;
  readonly imageEnd: number;
  /** `<|im_end|>`: the end of a turn. */
  readonly turnEnd: number;
}

/** What we use of the library's tokenizer; its own declarations do not resolve as ES modules. */
interface Algorithm {
  normalizer: ((text: string) => string) | null;
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  decode(
    ids: number[],
    options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
  ): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
}

function isTokenId(id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= LAST_ID;
}

/** A copy in which every split reads as it does in the Rust library. */
function withExactSplits(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withExactSplits);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "Regex" ? splitLikeRust(item) : withExactSplits(item),
    ]),
  );
}

function openAlgorithm(json: JsonObject, file: string): Algorithm {
  const { added_tokens: added, model, normalizer } = json;
  if (!Array.isArray(added) || !isJsonObject(model))
    refuse(file, null, "expected a tokenizer with model and added_tokens");
  const odd = added.filter(isJsonObject).find((token) => token["single_word"] === true);
  if (odd !== undefined)
    refuse(file, null, `${printable(String(odd["content"]))}: single_word is not computed here`);
  let algorithm: Algorithm;
  try {
    // The second file that the library takes would change what the first one says; it stands alone.
    const exact = { ...json, pre_tokenizer: withExactSplits(json["pre_tokenizer"]) };
    algorithm = new LibraryTokenizer(exact, {}) as Algorithm;
  } catch (error) {
    const problem = `not a tokenizer that can be built: ${printable((error as Error).message)}`;
    return refuse(file, null, problem, error);
  }
  if (isJsonObject(normalizer) && normalizer["type"] === "NFC") algorithm.normalizer = nfcLikeRust;
  return algorithm;
}

/**
 * Opens the tokenizer of a checkpoint folder: `tokenizer.json`, or else `vocab.json`, `merges.txt` and
 * `added_tokens.json`.
 *
 * @returns null when the folder has none of these files.
 * @throws {EngineError} E_FORMAT when they cannot be read, are no tokenizer or not all there, or lack one of the four
 *   tokens that a prompt with video is made of.
 */
export async function openTokenizer(dir: string): Promise<Tokenizer | null> {
  const whole = await readJsonIfThere(join(dir, TOKENIZER));
  const json = whole ?? (await readVocabularyFiles(dir));
  if (json === null) return null;
  const file = whole === null ? dir : join(dir, TOKENIZER);
  const algorithm = openAlgorithm(json, file);
  const idOf = (token: string): number | null => {
    const id = algorithm.token_to_id(token);
    return isTokenId(id) ? id : null;
  };
  /** What the library takes for a tokenizer may still fail when it is used. */
  const using = <T>(purpose: string, use: () => T): T => {
    try {
      return use();
    } catch (error) {
      const problem = `cannot be used to ${purpose}: ${printable((error as Error).message)}`;
      return refuse(file, null, problem, error);
    }
  };
  const required = (token: string): number => {
    const id = idOf(token);
    if (id === null) return refuse(file, null, `has no token ${token}`);
    return id;
  };
  return {
    encode(text) {
      const { ids } = using("encode", () => algorithm.encode(text, { add_special_tokens: false }));
      if (!ids.every(isTokenId)) refuse(file, null, "has no token, or no whole number for one, in a text");
      return Int32Array.from(ids);
    },
    decode(ids, { skipSpecialTokens = true } = {}) {
      const known = Array.from(ids).filter((id) => algorithm.id_to_token(id) !== undefined);
      if (known.length === 0) return "";
      const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false };
      return using("decode", () => algorithm.decode(known, options));
    },
    idOf,
    imageSlot: required("<IMG_CONTEXT>"),
    imageBegin: required("<img>"),
    imageEnd: required("</img>"),
    turnEnd: required("<|im_end|>"),
  };
}
