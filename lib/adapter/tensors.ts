/** The tensors of PEFT's adapter_model.safetensors and the linear layers they belong to. */
import { join } from "node:path";
import { listed, printable, refuse } from "../core/refuse.js";
import { isFile } from "../core/text-file.js";
import { toType } from "../core/to-type.js";
import type { AdapterSpec, ParameterSpec, SavedTensor, TensorSource } from "../native/binding.js";
import { readSafetensorsHeader, type StoredTensor } from "../weights/safetensors.js";
import type { AdaptedModule, AdapterSettings } from "./config.js";
import type { LinearModule } from "./modules.js";

export const WEIGHTS_FILE = "adapter_model.safetensors";
const PREFIX = "base_model.model.";
/** Names in a message. */
const TOLD = 3;

/** The parts of one adapter by the ends of their names in a file. */
const PARTS = { a: "lora_A.weight", b: "lora_B.weight", m: "lora_magnitude_vector" } as const;
type Part = keyof typeof PARTS;
/** PEFT's own name of an adapter may stand before the end: lora_A.default.weight. */
const NAME =
  /^(.+)\.(?:(lora_[AB])(?:\.default)?\.weight|(lora_magnitude_vector)(?:\.default)?(?:\.weight)?)$/;

interface Place {
  readonly path: string;
  readonly part: Part;
}

/** Every spelling of a module's path that files have: transformers 5's, the one before it, and each without its head. */
function spellings(modules: readonly LinearModule[]): Map<string, LinearModule> {
  const known = new Map<string, LinearModule>();
  for (const module of modules)
    for (const path of [module.path, module.stored, module.path.replace(/^model\./, "")])
      known.set(path, module);
  return known;
}

function placeOf(name: string, known: ReadonlyMap<string, LinearModule>): Place | null {
  const [, path = "", matrix] = NAME.exec(name) ?? [];
  const bare = path.replace(/^base_model\.(model\.)?/, "");
  const module = known.get(bare) ?? known.get(path.replace(/^base_model\./, ""));
  if (module === undefined) return null;
  return { path: module.path, part: matrix === "lora_A" ? "a" : matrix === "lora_B" ? "b" : "m" };
}

function shapeOf({ rows, columns, rank }: AdaptedModule, part: Part): number[] {
  return { a: [rank, columns], b: [rows, rank], m: [rows] }[part];
}

function source(tensor: StoredTensor, shape: readonly number[], file: string): ParameterSpec {
  const { name, dtype, begin, end } = tensor;
  if (tensor.shape.join() !== shape.join()) {
    const why = `expected [${shape}] of this base model and ${settingsHint(shape)}, found [${tensor.shape}]`;
    refuse(file, null, `${printable(name)}: ${why}`);
  }
  if (!["F32", "BF16", "F16"].includes(dtype))
    refuse(file, null, `${printable(name)}: expected F32, BF16 or F16, found ${dtype}`);
  return {
    name,
    shape,
    sources: [{ file: tensor.file, begin, end, dtype: dtype as TensorSource["dtype"] }],
  };
}

const settingsHint = (shape: readonly number[]) => (shape.length === 1 ? "magnitudes" : "the config's rank");

/**
 * Every tensor of the file on the layer that it belongs to.
 *
 * @param modules  All that the base model has.
 * @param wanted   Those that the config names.
 * @throws {EngineError} E_FORMAT naming the tensor: one that belongs to no layer, is missing, of another shape, or that the
 *   config does not name. PEFT leaves these out, or warns.
 */
export async function readAdapterTensors(
  dir: string,
  settings: AdapterSettings,
  modules: readonly LinearModule[],
  wanted: readonly AdaptedModule[],
): Promise<AdapterSpec[]> {
  const file = join(dir, WEIGHTS_FILE);
  await refuseOlderForm(dir, file);
  const { tensors } = await readSafetensorsHeader(file);
  const known = spellings(modules);
  const found = new Map<string, Partial<Record<Part, StoredTensor>>>();
  for (const tensor of tensors) {
    const place = placeOf(tensor.name, known);
    if (place === null)
      return refuse(file, null, `${printable(tensor.name)} belongs to no linear layer of this base model`);
    const { path, part } = place;
    const own = found.get(path) ?? {};
    if (own[part] !== undefined)
      refuse(file, null, `${printable(tensor.name)}: ${printable(own[part].name)} is the same tensor`);
    found.set(path, { ...own, [part]: tensor });
  }
  const named = new Set(wanted.map(({ path }) => path));
  const strangers = [...found.keys()].filter((path) => !named.has(path));
  if (strangers.length > 0) {
    const told = listed(strangers, TOLD);
    refuse(file, null, `target_modules do not name ${told}, whose tensors are here`);
  }
  return wanted.map((module) => adapterOf(module, found.get(module.path) ?? {}, settings, file));
}

/** What PEFT wrote before it had safetensors. */
async function refuseOlderForm(dir: string, file: string): Promise<void> {
  const older = join(dir, "adapter_model.bin");
  if ((await isFile(file)) || !(await isFile(older))) return;
  refuse(
    file,
    null,
    `is missing, found adapter_model.bin: ${toType("convert", older, "--out", file)} makes it`,
  );
}

function adapterOf(
  module: AdaptedModule,
  own: Partial<Record<Part, StoredTensor>>,
  settings: AdapterSettings,
  file: string,
): AdapterSpec {
  // Of the code of checkpoints, whose vision tower has other names, a list of names means the decoder alone.
  const hint = module.path.includes(".vision_tower.")
    ? String.raw`; where it is of the decoder alone, an expression such as .*language_model.*\.(q_proj|v_proj) says so`
    : "";
  const of = (part: Part): ParameterSpec => {
    const tensor = own[part];
    if (tensor === undefined)
      return refuse(file, null, `${fileName(module, part)} is missing, which target_modules asks for${hint}`);
    return source(tensor, shapeOf(module, part), file);
  };
  if (!settings.dora && own.m !== undefined)
    refuse(file, null, `${printable(own.m.name)}: magnitudes, and the config has no use_dora`);
  return {
    weight: module.weight,
    firstRow: module.firstRow,
    a: of("a"),
    b: of("b"),
    scale: module.scale,
    hasMagnitude: settings.dora,
    ...(settings.dora ? { magnitude: of("m") } : {}),
  };
}

const fileName = ({ path }: LinearModule, part: Part) => `${PREFIX}${path}.${PARTS[part]}`;

/** What a written file has of the adapters on these layers, by the engine's parameters. */
export function writtenAdapters(modules: readonly AdaptedModule[], settings: AdapterSettings): SavedTensor[] {
  const parts = (settings.dora ? ["a", "b", "m"] : ["a", "b"]) as Part[];
  return modules.flatMap((module) =>
    parts.map((part) => {
      const shape = shapeOf(module, part);
      const parameter = `${module.weight}.${module.firstRow}.lora_${part}`;
      return { name: fileName(module, part), shape, parameter, rowBegin: 0, rowEnd: shape[0] as number };
    }),
  );
}
