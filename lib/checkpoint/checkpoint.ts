/**
 * A checkpoint folder → everything that opening and saving the model needs: geometry, where each parameter's bytes
 * lie, which tensors a saved file has, end tokens, tokenizer. Every tensor is accounted for before any native call.
 */
import { EngineError } from "../core/errors.js";
import { projectorStart } from "../layout/motion-map.js";
import { type MappedParameter, savedTensors } from "../layout/parameters.js";
import type {
  CopiedTensor,
  ModelGeometry,
  ParameterSpec,
  SavedTensor,
  TensorSource,
} from "../native/binding.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { imageTokenOf, readEndTokens, tokenizerOf } from "./special-tokens.js";
import { type ModelFacts, type Survey, type SurveyOptions, surveyCheckpoint } from "./survey.js";
import { readUnused } from "./unused.js";

/** As many problems as a person reads in a message; the error's details hold all. */
const SHOWN_PROBLEMS = 12;

export interface Checkpoint extends ModelFacts {
  readonly dir: string;
  readonly survey: Survey;
  readonly geometry: ModelGeometry;
  /** In the order of the forward pass: motion, vision, projector, motion projector, language. */
  readonly parameters: readonly ParameterSpec[];
  /** The tensors of this checkpoint under the names and shapes of its own layout. */
  readonly saved: readonly SavedTensor[];
  /** Those that nothing is computed from, by the names of its own layout. */
  readonly unused: readonly CopiedTensor[];
  /** Ids that end an answer, at least one. */
  readonly endTokens: readonly number[];
  /** Null when the folder has none. */
  readonly tokenizer: Tokenizer | null;
}

function refuseProblems({ dir, cause, problems }: Survey): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN_PROBLEMS).join("; ");
  const hidden = problems.length - SHOWN_PROBLEMS;
  const more = hidden > 0 ? `; and ${hidden} more` : "";
  const first = cause === null ? "" : `${cause}; `;
  const message = `${dir}: ${first}${problems.length} tensors do not fit its config.json: ${shown}${more}`;
  throw new EngineError("E_FORMAT", message, { details: { file: dir, problems: problems.join("\n") } });
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

/**
 * Reads a checkpoint folder in any layout: config.json, model.safetensors (or shards with their index), and beside
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
  const { config, mapped, hasMotion, tied } = survey;
  const tokenizer = await tokenizerOf(survey);
  const imageToken = imageTokenOf(survey, tokenizer);
  const endTokens = await readEndTokens(survey, tokenizer);
  return {
    dir,
    survey,
    geometry: { ...config.geometry, imageToken },
    parameters: mapped.map((entry) => parameterSpec(entry, survey)),
    saved: mapped.flatMap(savedTensors),
    unused: await readUnused(survey.skipped),
    hasMotion,
    tied,
    endTokens,
    tokenizer,
  };
}
