/** Text ↔ token ids, from a checkpoint's tokenizer.json. Knows nothing of prompts, videos or models. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Tokenizer as ByteLevelBpe } from "@huggingface/tokenizers";
import { EngineError } from "../core/errors.js";

export interface DecodeOptions {
  /** Leave out special tokens such as <|im_end|>; default true. */
  readonly skipSpecial?: boolean;
}

export interface Tokenizer {
  /** Ids of a text; added tokens such as <img> are recognised, none is added. */
  encode(text: string): Int32Array;
  decode(tokens: ArrayLike<number>, options?: DecodeOptions): string;
  /** Id of one whole token, null when the vocabulary lacks it. */
  idOf(token: string): number | null;
}

/**
 * Reads `tokenizer.json` (and `tokenizer_config.json` when there is one) of a checkpoint folder.
 *
 * @throws {EngineError} E_FORMAT when the file is missing or does not parse.
 */
export async function loadTokenizer(dir: string): Promise<Tokenizer> {
  const vocabulary = await readJson(join(dir, "tokenizer.json"), null);
  const config = await readJson(join(dir, "tokenizer_config.json"), {});
  const bpe = new ByteLevelBpe(vocabulary, config);
  return {
    encode: (text) => Int32Array.from(bpe.encode(text, { add_special_tokens: false }).ids),
    decode: (tokens, { skipSpecial = true } = {}) =>
      tokens.length === 0
        ? ""
        : bpe.decode(Array.from(tokens), { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false }),
    idOf: (token) => bpe.token_to_id(token) ?? null,
  };
}

async function readJson(file: string, absent: object | null): Promise<object> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as object;
  } catch (cause) {
    if (absent !== null && (cause as NodeJS.ErrnoException).code === "ENOENT") return absent;
    throw new EngineError("E_FORMAT", `${file}: expected a JSON tokenizer file, found ${String(cause)}`, {
      details: { file },
      cause,
    });
  }
}
