/** What `vqathinker inspect` says of an adapter folder: what it is, and which base it belongs to. */
import { adapterValues } from "../adapter/modules.js";
import { toJson } from "../core/jsonl.js";
import { toType } from "../core/to-type.js";
import { readFolder } from "../model/shape.js";

/** What an adapter folder holds, looked at whole beside its base. */
export interface AdapterInspection {
  readonly dir: string;
  readonly base: string;
  readonly rank: number;
  readonly alpha: number;
  readonly rslora: boolean;
  readonly dora: boolean;
  /** Linear layers that it is on. */
  readonly layers: number;
  /** Trained values of it, without the motion projector's. */
  readonly values: number;
  /** Of its own, of its base, or of neither. */
  readonly motionProjector: "own" | "base" | null;
}

/**
 * @param place  its folder, or that of its base where the adapter is named beside it.
 * @throws {EngineError} as loadModel, for a folder that does not fit its base.
 */
export async function inspectAdapter(place: string, adapter?: string): Promise<AdapterInspection> {
  const { checkpoint, folderAdapter } = await readFolder(place, { adapter });
  const { dir, settings, modules, projector } = folderAdapter as NonNullable<typeof folderAdapter>;
  const { rank, alpha, rslora, dora } = settings;
  const values = modules
    .flatMap((one) => adapterValues(one, one.rank, dora))
    .reduce((sum, count) => sum + count, 0);
  const motionProjector = projector.length > 0 ? "own" : checkpoint.hasMotion ? "base" : null;
  const layers = modules.length;
  return { dir, base: checkpoint.dir, rank, alpha, rslora, dora, layers, values, motionProjector };
}

const MOTION = { own: "a motion projector of its own", base: "the base's projector", none: "none" };

export function adapterText(found: AdapterInspection, json: boolean): string {
  if (json) return `${toJson({ adapter: found })}\n`;
  const { dir, base, rank, alpha, rslora, dora, layers, values, motionProjector } = found;
  const kind = [dora ? "DoRA" : "LoRA", ...(rslora ? ["rank-stabilised"] : [])].join(", ");
  const rows = [
    ["adapter", `${kind}, rank ${rank}, alpha ${alpha}`],
    ["layers", `${layers}, ${values} values`],
    ["motion", MOTION[motionProjector ?? "none"]],
    ["base", base],
    ["", `${toType("inspect", base)} says what that is and takes`],
  ];
  return `${[dir, ...rows.map(([name = "", value]) => `  ${name.padEnd(13)} ${value}`)].join("\n")}\n  complete: it fits its base\n`;
}
