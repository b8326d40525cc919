/**
 * A checkpoint folder → everything that opening and saving the model needs: geometry, where each parameter's bytes
 * lie, which tensors a saved file has, end tokens, tokenizer. Every tensor is accounted for before any native call.
 */
import { join } from "node:path";
import { EngineError } from "../core/errors.js";
import { type JsonObject, readJsonFile } from "../core/json.js";
import type { ModelGeometry, ParameterSpec, SavedTensor, TensorSource } from "../native/binding.js";
import { mapMotion } from "./motion-map.js";
import type { StoredTensor } from "./safetensors.js";
import { type ModelConfig, readModelConfig, readTokenIds } from "./spec.js";
import { isFile, readStoredTensors } from "./weight-files.js";
import { HF_NATIVE, type MappedParameter, mapWeights, spellingOf } from "./weight-map.js";

/** Counters that batch norm keeps for training; nothing is computed from them. */
const SKIPPED = /\.num_batches_tracked$/;
/** As many problems as a person reads in a message; the error's details hold all. */
const SHOWN_PROBLEMS = 12;
const DTYPES: readonly string[] = ["F32", "BF16", "F16"] satisfies TensorSource["dtype"][];

export interface Checkpoint {
  readonly dir: string;
  readonly geometry: ModelGeometry;
  /** In the order of the forward pass: motion, vision, projector, motion projector, language. */
  readonly parameters: readonly ParameterSpec[];
  /** The tensors of this checkpoint under the names and shapes of its file: what saving writes. */
  readonly saved: readonly SavedTensor[];
  /** Does the model take a motion token? */
  readonly hasMotion: boolean;
  /** Is the head the embedding matrix? */
  readonly tied: boolean;
  /** Ids that end an answer, at least one. */
  readonly endTokens: readonly number[];
  /** config.json as it was parsed, for saving. */
  readonly config: JsonObject;
  /** Path of tokenizer.json; null when there is none. */
  readonly tokenizerFile: string | null;
}

function refuse(file: string, problem: string, problems: readonly string[] = [problem]): never {
  throw new EngineError("E_FORMAT", `${file}: ${problem}`, {
    details: { file, problems: problems.join("\n") },
  });
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The parameters that config.json and the presence of motion parts call for, in the order of the forward pass. */
function mapCheckpoint(
  dir: string,
  config: ModelConfig,
  stored: ReadonlyMap<string, StoredTensor>,
): MappedParameter[] {
  const prefixes = spellingOf([...stored.keys()], HF_NATIVE);
  if (prefixes === null) {
    const roots = HF_NATIVE.prefixes.map(({ vision }) => `${vision}*`).join(" or ");
    return refuse(
      dir,
      `expected tensors named ${roots}, found ${[...stored.keys()].slice(0, 3).join(", ") || "none"}`,
    );
  }
  const weights = mapWeights(HF_NATIVE, prefixes, config, stored);
  const motion = mapMotion(stored, config.geometry.language.hidden);
  if (motion.projector.length > 0 && motion.slowFast.length === 0)
    refuse(dir, "has motion_mlp.* but no slowfast_model.* to feed it");
  const firstOfLanguage = weights.findIndex(({ parameter }) => parameter.startsWith("language."));
  return [
    ...motion.slowFast,
    ...weights.slice(0, firstOfLanguage),
    ...motion.projector,
    ...weights.slice(firstOfLanguage),
  ];
}

/** Everything that does not fit, one line each; empty when file and map agree. */
function findProblems(
  mapped: readonly MappedParameter[],
  stored: ReadonlyMap<string, StoredTensor>,
): string[] {
  const problems: string[] = [];
  const known = new Set<string>();
  for (const { name, shape } of mapped.flatMap(({ tensors }) => tensors)) {
    known.add(name);
    const found = stored.get(name);
    if (found === undefined) problems.push(`${name} is missing`);
    else if (!sameShape(found.shape, shape))
      problems.push(`${name} has shape [${found.shape}], expected [${shape}]`);
    else if (!DTYPES.includes(found.dtype))
      problems.push(`${name} is ${found.dtype}, expected ${DTYPES.join(", ")}`);
  }
  for (const name of stored.keys())
    if (!known.has(name)) problems.push(`${name} is not a tensor of this model`);
  return problems;
}

function checkTensors(
  dir: string,
  mapped: readonly MappedParameter[],
  stored: ReadonlyMap<string, StoredTensor>,
): void {
  const problems = findProblems(mapped, stored);
  if (problems.length === 0) return;
  const shown = problems.slice(0, SHOWN_PROBLEMS).join("; ");
  const hidden = problems.length - SHOWN_PROBLEMS;
  const more = hidden > 0 ? `; and ${hidden} more` : "";
  refuse(dir, `${problems.length} tensors do not fit its config.json: ${shown}${more}`, problems);
}

function parameterSpec(
  { parameter, shape, tensors }: MappedParameter,
  stored: ReadonlyMap<string, StoredTensor>,
): ParameterSpec {
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

function savedTensors({ parameter, shape: engineShape, tensors }: MappedParameter): SavedTensor[] {
  let rowEnd = 0;
  return tensors.map(({ name, shape }) => {
    const rowBegin = rowEnd;
    // A lone tensor may have other axes in the file than in the engine; several have the same.
    rowEnd += (tensors.length === 1 ? engineShape[0] : shape[0]) ?? 0;
    return { name, shape, parameter, rowBegin, rowEnd };
  });
}

/** generation_config.json speaks first, as in generation; config.json where it names none. */
async function readEndTokens(dir: string, config: ModelConfig): Promise<readonly number[]> {
  const file = join(dir, "generation_config.json");
  const own = (await isFile(file))
    ? readTokenIds((await readJsonFile(file)).eos_token_id, file, "eos_token_id")
    : [];
  const ids = own.length > 0 ? own : config.endTokens;
  if (ids.length === 0)
    refuse(join(dir, "config.json"), "text_config.eos_token_id is missing: nothing says how an answer ends");
  const { vocabulary } = config.geometry.language;
  const stray = ids.find((id) => id < 0 || id >= vocabulary);
  if (stray !== undefined) refuse(dir, `eos_token_id ${stray} is outside the vocabulary of ${vocabulary}`);
  return ids;
}

/**
 * Reads a checkpoint folder in the HF-native layout: config.json, model.safetensors (or shards with their index), and
 * beside them generation_config.json and tokenizer.json where they exist.
 *
 * The head uses its own matrix when the file has one and the embedding when not, whatever the text part's tie flag
 * says; only a config.json that says `tie_word_embeddings: false` at its top makes the matrix required.
 *
 * @throws {EngineError} E_FORMAT naming file and field or tensor: unreadable files, broken headers, a config that is
 *   incomplete or not computed here, and every tensor that is missing, unknown, misshapen or of another dtype.
 */
export async function readCheckpoint(dir: string): Promise<Checkpoint> {
  const configFile = join(dir, "config.json");
  if (!(await isFile(configFile))) refuse(dir, "expected a checkpoint folder; it has no config.json");
  const json = await readJsonFile(configFile);
  const config = readModelConfig(json, configFile);

  const tensors = (await readStoredTensors(dir)).filter(({ name }) => !SKIPPED.test(name));
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const mapped = mapCheckpoint(dir, config, stored);
  checkTensors(dir, mapped, stored);

  const tokenizerFile = join(dir, "tokenizer.json");
  return {
    dir,
    geometry: config.geometry,
    parameters: mapped.map((entry) => parameterSpec(entry, stored)),
    saved: mapped.flatMap(savedTensors),
    hasMotion: mapped.some(({ parameter }) => parameter.startsWith("motion.")),
    tied: !mapped.some(({ parameter }) => parameter === "language.head.weight"),
    endTokens: await readEndTokens(dir, config),
    config: json,
    tokenizerFile: (await isFile(tokenizerFile)) ? tokenizerFile : null,
  };
}
