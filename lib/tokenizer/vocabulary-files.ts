/**
 * `vocab.json`, `merges.txt` and `added_tokens.json`, as original InternVL checkpoints have them → the content of a
 * `tokenizer.json`. Everything that could make a token vanish or change its id is refused. Encodes nothing.
 */
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJsonObject, readJsonIfThere } from "../core/json.js";
import { printable, refuse, shown } from "../core/refuse.js";
import { decodeUtf8, readIfThere } from "../core/text-file.js";
import {
  type AddedToken,
  byteLevelTokenizer,
  byteSymbols,
  plainToken,
  type TokenizerJson,
} from "./byte-level.js";
import { INTERNVL_SPECIAL, QWEN2_SPECIAL } from "./special-tokens.js";

const VOCABULARY = "vocab.json";
const MERGES = "merges.txt";
const ADDED = "added_tokens.json";
const CONFIG = "tokenizer_config.json";
const SPECIAL_MAP = "special_tokens_map.json";

export const VOCABULARY_FILES: readonly string[] = [VOCABULARY, MERGES, ADDED];
/** Files that say which added tokens are special, and how they match. */
export const FLAG_FILES: readonly string[] = [CONFIG, SPECIAL_MAP];

/** InternVL's special tokens, for folders where neither of those files speaks of them. */
const SPECIAL = new Set([...QWEN2_SPECIAL, ...INTERNVL_SPECIAL]);

/** Ids are 32-bit on every side. */
export const LAST_ID = 2 ** 31 - 1;

/** The tokens of one file: token → id. */
interface TokenTable {
  readonly file: string;
  readonly ids: ReadonlyMap<string, number>;
}

function tokenTable(json: JsonObject, file: string): TokenTable {
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(json)) {
    if (token === "" || typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > LAST_ID)
      refuse(file, null, `${shown(token)}: expected an id of 0 to ${LAST_ID}, found ${shown(id)}`);
    ids.set(token, id);
  }
  return { file, ids };
}

/** Ids are 0, 1, 2 … with one token each; a token may stand in both tables, with one id. */
function checkIds(vocab: TokenTable, added: TokenTable): void {
  const tokens = new Map<number, string>();
  for (const { file, ids } of [vocab, added]) {
    for (const [token, id] of ids) {
      const own = vocab.ids.get(token) ?? id;
      if (own !== id) refuse(file, null, `${shown(token)}: has id ${id}, but ${own} in ${VOCABULARY}`);
      const other = tokens.get(id) ?? token;
      if (other !== token) refuse(file, null, `${shown(token)}: has id ${id}, which is also ${shown(other)}`);
      tokens.set(id, token);
    }
  }
  let hole = 0;
  while (tokens.has(hole)) hole++;
  const { file } = hole < vocab.ids.size ? vocab : added;
  if (hole < tokens.size) refuse(file, null, `none of ${tokens.size} tokens has id ${hole}`);
}

/** Every byte has a symbol, and every token is made of such symbols: else text would be lost on the way. */
function checkSymbols({ file, ids }: TokenTable): void {
  const symbols = byteSymbols();
  const missing = symbols.findIndex((symbol) => !ids.has(symbol));
  if (missing >= 0) refuse(file, null, `"${symbols[missing]}": missing, the symbol of byte ${missing}`);
  const known = new Set(symbols);
  for (const token of ids.keys()) {
    for (const symbol of token) {
      if (!known.has(symbol)) refuse(file, null, `${shown(token)}: ${shown(symbol)} is no byte's symbol`);
    }
  }
}

function parseMerges(text: string, file: string, vocab: TokenTable): [string, string][] {
  const lines = text.trimEnd().split(/\r?\n/);
  const header = lines[0]?.startsWith("#version") ? 1 : 0;
  return lines.slice(header).map((line, i) => {
    const place = `${file}:${i + 1 + header}`;
    const [left = "", right = "", ...more] = line.split(" ");
    if (left === "" || right === "" || more.length > 0)
      refuse(place, null, `expected two symbols and a space between, found ${shown(line.slice(0, 60))}`);
    const stranger = [left, right, left + right].find((token) => !vocab.ids.has(token));
    if (stranger !== undefined) refuse(place, null, `${shown(stranger)} is not in ${VOCABULARY}`);
    return [left, right];
  });
}

function contentOf(token: unknown): unknown {
  return isJsonObject(token) ? token["content"] : token;
}

/** The tokens that a file names as begin, end, padding and the like. */
function namedSpecial(json: JsonObject): unknown[] {
  return Object.entries(json)
    .filter(([key]) => key.endsWith("_token") || key.endsWith("special_tokens"))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .map(contentOf);
}

/** `added_tokens_decoder` of tokenizer_config.json: id → how the token matches. */
function describedTokens(json: JsonObject, file: string): AddedToken[] {
  const { added_tokens_decoder: described = {} } = json;
  if (!isJsonObject(described))
    return refuse(file, null, "added_tokens_decoder: expected an object of id → token");
  return Object.entries(described).map(([key, token]) => {
    const content = contentOf(token);
    if (!/^\d+$/.test(key) || !isJsonObject(token) || typeof content !== "string") {
      const problem = `added_tokens_decoder.${printable(key)}: expected an id with a token's content`;
      return refuse(file, null, problem);
    }
    const flag = (name: string) => token[name] === true;
    return {
      id: Number(key),
      content,
      single_word: flag("single_word"),
      lstrip: flag("lstrip"),
      rstrip: flag("rstrip"),
      normalized: flag("normalized"),
      special: flag("special"),
    };
  });
}

/** The added tokens in the order of their ids, with the flags that the folder's other files give them. */
async function readAddedTokens(dir: string, listed: TokenTable): Promise<AddedToken[]> {
  const configFile = join(dir, CONFIG);
  const config = (await readJsonIfThere(configFile)) ?? {};
  const map = (await readJsonIfThere(join(dir, SPECIAL_MAP))) ?? {};
  const named = new Set([...namedSpecial(config), ...namedSpecial(map)]);
  const described = new Map(describedTokens(config, configFile).map((token) => [token.content, token]));
  for (const { id, content } of described.values()) {
    const other = listed.ids.get(content);
    if (other !== undefined && other !== id) {
      const problem = `added_tokens_decoder.${id}: ${printable(content)} has id ${other} in ${ADDED}`;
      refuse(configFile, null, problem);
    }
  }
  const ids = new Map([
    ...listed.ids,
    ...[...described.values()].map(({ id, content }) => [content, id] as const),
  ]);
  return [...ids]
    .map(([content, id]) => described.get(content) ?? plainToken(id, content, SPECIAL.has(content)))
    .map((token) => ({ ...token, special: token.special || named.has(token.content) }))
    .sort((a, b) => a.id - b.id);
}

/**
 * @returns null when the folder has none of the three files.
 * @throws {EngineError} E_FORMAT naming the file that is missing, or file and key or line: what is not a token or
 *   merge, ids that clash or leave holes, merges of symbols outside the vocabulary.
 */
export async function readVocabularyFiles(dir: string): Promise<TokenizerJson | null> {
  const [vocabFile, mergesFile, addedFile] = [join(dir, VOCABULARY), join(dir, MERGES), join(dir, ADDED)];
  const [vocabFound, mergesFound, addedFound] = await Promise.all([
    readIfThere(vocabFile),
    readIfThere(mergesFile),
    readIfThere(addedFile),
  ]);
  if (vocabFound === null && mergesFound === null && addedFound === null) return null;
  const missing = `missing; without tokenizer.json a tokenizer takes ${VOCABULARY_FILES.join(", ")}`;
  const vocabBytes = vocabFound ?? refuse(vocabFile, null, missing);
  const mergesBytes = mergesFound ?? refuse(mergesFile, null, missing);
  const addedBytes = addedFound ?? refuse(addedFile, null, missing);

  const vocab = tokenTable(parseJsonObject(vocabBytes, vocabFile), vocabFile);
  checkSymbols(vocab);
  const merges = parseMerges(decodeUtf8(mergesBytes, mergesFile), mergesFile, vocab);
  const added = await readAddedTokens(dir, tokenTable(parseJsonObject(addedBytes, addedFile), addedFile));
  const addedIds = new Map(added.map(({ content, id }) => [content, id]));
  checkIds(vocab, { file: addedFile, ids: addedIds });
  return byteLevelTokenizer(Object.fromEntries(vocab.ids), merges, added);
}
