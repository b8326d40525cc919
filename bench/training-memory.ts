/**
 * The memory of a training run: ten steps of `train` in this process as a program calls it, and what is planned for it; and
 * the bytes that an opened trainer holds.
 */
import { DECODER_LINEARS } from "../lib/adapter/modules.js";
import { surveyCheckpoint } from "../lib/checkpoint/survey.js";
import { addAdapter, loadModel, openTrainer, type PlannedMemory, train } from "../lib/index.js";
import { heldBytes } from "../lib/inspection/held-memory.js";
import { tensorMemory } from "../lib/parity.js";

export const LEARNINGS = ["full", "8bit", "lora"] as const;

/** What is asked of a run. */
export interface TrainCase {
  readonly learning: (typeof LEARNINGS)[number];
  readonly dtype: "float32" | "bfloat16";
  readonly masters: boolean;
  readonly recompute: boolean;
  readonly beta: number;
  readonly steps: number;
  readonly videosPerStep: number;
  readonly samples: number;
  readonly maxNewTokens: number;
  readonly frames: number;
  readonly imageSize: number;
  readonly microTokens: number | null;
  readonly threads: number;
}

export interface MeasuredRun {
  readonly seconds: number;
  /** Most resident bytes of the process. */
  readonly peakBytes: number;
  /** As the run's beginning told it. */
  readonly plan: PlannedMemory;
}

const LORA = { targets: DECODER_LINEARS, rank: 16 };
const PARTS = ["vision", "projector", "language", "motionProjector"] as const;

function partsOf(hasMotion: boolean) {
  return PARTS.filter((part) => hasMotion || part !== "motionProjector");
}

/** In a process of its own, whose peak is the run's. */
export async function trainHere(
  dir: string,
  list: string,
  out: string,
  asked: TrainCase,
): Promise<MeasuredRun> {
  const { learning, masters, microTokens, ...keys } = asked;
  const { hasMotion } = await surveyCheckpoint(dir);
  const states = learning === "8bit" ? ("8bit" as const) : ("float32" as const);
  const parts =
    learning === "lora"
      ? { lora: LORA, trainable: ["adapters" as const] }
      : { trainable: partsOf(hasMotion) };
  let plan: PlannedMemory | undefined;
  const start = performance.now();
  await train(
    {
      ...keys,
      ...(microTokens === null ? {} : { microTokens }),
      ...parts,
      model: dir,
      data: list,
      out,
      optimizer: { states, masters },
      learningRate: 1e-5,
      evalSamples: 1,
    },
    {
      onEvent: (event) => {
        if (event.type === "start") plan = event.memory;
      },
    },
  );
  if (plan === undefined) throw new Error("the run began without a plan");
  return {
    seconds: (performance.now() - start) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    plan,
  };
}

/** Bytes of tensors that a model and its trainer hold, without a reference, and the plan's. */
export async function heldHere(
  dir: string,
  { learning, dtype, masters }: Pick<TrainCase, "learning" | "dtype" | "masters">,
): Promise<{ readonly heldBytes: number; readonly planBytes: number }> {
  tensorMemory();
  const { config, mapped: parameters, hasMotion } = await surveyCheckpoint(dir);
  const lora = learning === "lora" ? LORA : undefined;
  const trainable = lora === undefined ? partsOf(hasMotion) : (["adapters"] as const);
  const states = learning === "8bit" ? ("8bit" as const) : ("float32" as const);
  const model = await loadModel(dir, { dtype });
  if (lora !== undefined) await addAdapter(model, lora);
  const trainer = await openTrainer(model, { trainable, optimizer: { states, masters } });
  const { bytes } = tensorMemory();
  trainer.dispose();
  model.dispose();
  const plan = heldBytes(
    { config, parameters },
    { dtype, trainable, lora, reference: false, states, masters },
  );
  return { heldBytes: bytes, planBytes: Object.values(plan).reduce((a, b) => a + b, 0) };
}
