/**
 * A checkpoint folder → everything that opening and saving the model needs: geometry, where each parameter's bytes
 * lie, which tensors a saved file has, end tokens, tokenizer. Every tensor is accounted for before any native call.
 */
import { join } from "node:path";
import { EngineError } from "../core/errors.js";
import { readJsonFile } from "../core/json.js";
import { readTokenIds } from "../layout/config-parts.js";
import { projectorStart } from "../layout/motion-map.js";
import { type MappedParameter, savedTensors } from "../layout/parameters.js";
import type { ModelGeometry, ParameterSpec, SavedTensor, TensorSource } from "../native/binding.js";
import { openTokenizer, type Tokenizer } from "../tokenizer/tokenizer.js";
import { isFile } from "../weights/shards.js";
import { hasMotion, type Survey, type SurveyOptions, surveyCheckpoint } from "./survey.js";

/** As many problems as a person reads in a message; the error's details hold all. */
const SHOWN_PROBLEMS = 12;

export interface Checkpoint {
  readonly dir: string;
  readonly survey: Survey;
  readonly geometry: ModelGeometry;
  /** In the order of the forward pass: motion, vision, projector, motion projector, language. */
  readonly parameters: readonly ParameterSpec[];
  /** The tensors of this checkpoint under the names and shapes of its own layout. */
  readonly saved: readonly SavedTensor[];
  /** Does the model take a motion token? */
  readonly hasMotion: boolean;
  /** Is the head the embedding matrix? */
  readonly tied: boolean;
  /** Ids that end an answer, at least one. */
  readonly endTokens: readonly number[];
  /** Null when the folder has none. */
  readonly tokenizer: Tokenizer | null;
}

function refuse(file: string, problem: string, problems: readonly string[] = [problem]): never {
  throw new EngineError("E_FORMAT", `${file}: ${problem}`, {
    details: { file, problems: problems.join("\n") },
  });
}

function refuseProblems({ dir, problems }: Survey): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN_PROBLEMS).join("; ");
  const hidden = problems.length - SHOWN_PROBLEMS;
  const more = hidden > 0 ? `; and ${hidden} more` : "";
  refuse(dir, `${problems.length} tensors do not fit its config.json: ${shown}${more}`, problems);
}

function parameterSpec(
  { parameter, shape, tensors }: MappedParameter,
  { stored, started }: Survey,
): ParameterSpec {
  if (started.has(parameter))
    return { name: parameter, shape, sources: [], start: projectorStart(parameter) };
  const sources = tensors.flatMap(({ name }) => stored.get(name) ?? []);
  return {
    name: parameter,
    shape,
    sources: sources.map(({ file, begin, end, dtype }) => ({
      file,
      begin,
      end,
      dtype: dtype as TensorSource["dtype"],
    })),
  };
}

/** Null when the folder has none. The tokens that a prompt is made of must have rows in the embedding. */
export async function tokenizerOf({ dir, config }: Survey): Promise<Tokenizer | null> {
  const tokenizer = await openTokenizer(dir);
  if (tokenizer === null) return null;
  const { vocabulary } = config.geometry.language;
  const { imageSlot, imageBegin, imageEnd, turnEnd } = tokenizer;
  const stray = Math.max(imageSlot, imageBegin, imageEnd, turnEnd);
  if (stray >= vocabulary)
    refuse(dir, `the tokenizer has token id ${stray}, but config.json a vocab_size of ${vocabulary}`);
  return tokenizer;
}

/** The image slot's id: the config's and the tokenizer's are the same where both say one. */
export function imageTokenOf({ dir, config }: Survey, tokenizer: Tokenizer | null): number {
  const file = join(dir, "config.json");
  if (config.imageToken === null) {
    if (tokenizer !== null) return tokenizer.imageSlot;
    return refuse(
      dir,
      "expected a tokenizer (tokenizer.json, or vocab.json with merges.txt and added_tokens.json): " +
        "in this layout nothing else says which token is <IMG_CONTEXT>",
    );
  }
  if (tokenizer !== null && tokenizer.imageSlot !== config.imageToken) {
    refuse(
      file,
      `image_token_id is ${config.imageToken}, but the tokenizer's <IMG_CONTEXT> is ${tokenizer.imageSlot}`,
    );
  }
  return config.imageToken;
}

/**
 * generation_config.json speaks first, as in generation; config.json where it names none. In the original layout
 * neither knows: an answer ends with the chat template's separator.
 */
async function readEndTokens(
  { dir, config }: Survey,
  tokenizer: Tokenizer | null,
): Promise<readonly number[]> {
  if (config.layout === "original" && tokenizer !== null) return [tokenizer.turnEnd];
  const file = join(dir, "generation_config.json");
  const own = (await isFile(file))
    ? readTokenIds((await readJsonFile(file)).eos_token_id, file, "eos_token_id")
    : [];
  const ids = own.length > 0 ? own : config.endTokens;
  if (ids.length === 0)
    refuse(join(dir, "config.json"), "eos_token_id is missing: nothing says how an answer ends");
  const { vocabulary } = config.geometry.language;
  const stray = ids.find((id) => id < 0 || id >= vocabulary);
  if (stray !== undefined) refuse(dir, `eos_token_id ${stray} is outside the vocabulary of ${vocabulary}`);
  return ids;
}

/**
 * Reads a checkpoint folder in either layout: config.json, model.safetensors (or shards with their index), and beside
 * them generation_config.json and the tokenizer's files where they exist.
 *
 * The head uses its own matrix when the file has one and the embedding when not, whatever the text part's tie flag
 * says; only a config.json that says `tie_word_embeddings: false` makes the matrix required.
 *
 * @throws {EngineError} E_FORMAT naming file and field or tensor: unreadable files, broken headers, a config that is
 *   incomplete or not computed here, every tensor that is missing, unknown, misshapen or of another dtype, and a
 *   tokenizer that does not fit the config.
 */
export async function readCheckpoint(dir: string, options: SurveyOptions = {}): Promise<Checkpoint> {
  const survey = await surveyCheckpoint(dir, options);
  refuseProblems(survey);
  const { config, mapped } = survey;
  const tokenizer = await tokenizerOf(survey);
  const imageToken = imageTokenOf(survey, tokenizer);
  const endTokens = await readEndTokens(survey, tokenizer);
  return {
    dir,
    survey,
    geometry: { ...config.geometry, imageToken },
    parameters: mapped.map((entry) => parameterSpec(entry, survey)),
    saved: mapped.flatMap(savedTensors),
    hasMotion: hasMotion(survey),
    tied: !survey.hasHead,
    endTokens,
    tokenizer,
  };
}
