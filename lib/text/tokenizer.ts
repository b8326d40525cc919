/**
 * Text ↔ token ids, as `tokenizer.json` defines them. Adds nothing to a text and cleans nothing up: prompts say
 * themselves what they open and close with. Knows no prompt wording.
 */
import { Tokenizer as Algorithm } from "@huggingface/tokenizers";
import { EngineError } from "../core/errors.js";
import { isJsonObject, type JsonObject, readJsonFile } from "../core/json.js";

export interface DecodeOptions {
  /** Leave out tokens flagged special, like image slots and turn marks. Default true. */
  readonly skipSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** Ids of the text alone; no begin or end token is added. Added tokens in the text become their ids. */
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

function openAlgorithm(json: JsonObject, file: string): Algorithm {
  const { added_tokens: added, model } = json;
  if (!Array.isArray(added) || !isJsonObject(model)) {
    throw new EngineError("E_FORMAT", `${file}: expected a tokenizer with model and added_tokens`, {
      details: { file },
    });
  }
  try {
    // The second file that the library takes would change what the first one says; tokenizer.json stands alone.
    return new Algorithm(json, {});
  } catch (error) {
    const problem = `${file}: not a tokenizer that can be built: ${(error as Error).message}`;
    throw new EngineError("E_FORMAT", problem, { details: { file }, cause: error });
  }
}

/**
 * Opens a `tokenizer.json`.
 *
 * @throws {EngineError} E_FORMAT when it cannot be read, is not a tokenizer, or lacks one of the four tokens that a
 *   prompt with video is made of.
 */
export async function openTokenizer(file: string): Promise<Tokenizer> {
  const algorithm = openAlgorithm(await readJsonFile(file), file);
  const idOf = (token: string): number | null => algorithm.token_to_id(token) ?? null;
  const required = (token: string): number => {
    const id = idOf(token);
    if (id === null)
      throw new EngineError("E_FORMAT", `${file}: has no token ${token}`, { details: { file, token } });
    return id;
  };
  return {
    encode: (text) => Int32Array.from(algorithm.encode(text, { add_special_tokens: false }).ids),
    decode: (ids, { skipSpecialTokens = true } = {}) => {
      const known = Array.from(ids).filter((id) => algorithm.id_to_token(id) !== undefined);
      if (known.length === 0) return "";
      return algorithm.decode(known, {
        skip_special_tokens: skipSpecialTokens,
        clean_up_tokenization_spaces: false,
      });
    },
    idOf,
    imageSlot: required("<IMG_CONTEXT>"),
    imageBegin: required("<img>"),
    imageEnd: required("</img>"),
    turnEnd: required("<|im_end|>"),
  };
}
