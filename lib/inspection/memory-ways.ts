/** What of a run's settings would make it fit a memory that it does not fit: each is tried in the plan. Pure. */
import { DECODER_LINEARS } from "../adapter/modules.js";
import type { LoraSpec, MemoryShape } from "./held-memory.js";
import { planRun, type RunSettings, SMALLEST, visualTokens } from "./run-memory.js";

/** Adapters that are tried: rank 16 on every linear layer of the decoder. */
const TRIED: LoraSpec = { targets: DECODER_LINEARS, rank: 16 };
/** Answers shorter than this are hardly worth sampling. */
const LEAST_TOKENS = 64;

/** Settings with which a run fits, in the words of its configuration. */
export interface Way {
  readonly changes: readonly string[];
  /** Do adapters take the place of whole weights? */
  readonly adapters: boolean;
  /** Planned with the smallest micro-batches. */
  readonly peakBytes: number;
}

interface Change {
  readonly says: string;
  readonly settings: RunSettings;
}

type Switch = (settings: RunSettings) => Change | null;

/** What costs the run least comes first. */
const SWITCHES: readonly Switch[] = [
  (s) => (s.recompute ? null : { says: "recompute true", settings: { ...s, recompute: true } }),
  (s) => (s.clipCacheMiB === 0 ? null : { says: "clipCacheMiB 0", settings: { ...s, clipCacheMiB: 0 } }),
  (s) =>
    s.states === "8bit" ? null : { says: 'optimizer.states "8bit"', settings: { ...s, states: "8bit" } },
  inBfloat16,
  withoutMasters,
  (s) => (s.reference ? { says: "beta 0", settings: { ...s, reference: false } } : null),
  withAdapters,
];

function inBfloat16(s: RunSettings): Change | null {
  if (s.dtype === "bfloat16") return null;
  return { says: 'dtype "bfloat16"', settings: { ...s, dtype: "bfloat16" } };
}

function withoutMasters(s: RunSettings): Change | null {
  if ((s.dtype === "bfloat16" && !s.masters) || s.trainable.includes("adapters")) return null;
  const dtype = s.dtype === "bfloat16" ? "" : 'dtype "bfloat16" with ';
  return { says: `${dtype}optimizer.masters false`, settings: { ...s, dtype: "bfloat16", masters: false } };
}

/** With the keys that a configuration may have set for whole weights, beside which adapters are refused. */
function withAdapters(s: RunSettings): Change | null {
  if (s.trainable.includes("adapters")) return null;
  const masters = s.masters ? "" : " and optimizer.masters true";
  return {
    says: `lora with rank ${TRIED.rank} on the decoder's linear layers and trainable ["adapters"]${masters}`,
    settings: { ...s, trainable: ["adapters"], lora: TRIED, masters: true },
  };
}

/** Half as many of what a step is made of. */
function halvings({ config }: MemoryShape): readonly Switch[] {
  const { geometry } = config;
  const halved = (value: number, least: number) =>
    value > least ? Math.max(least, Math.floor(value / 2)) : null;
  const half =
    (key: "videosPerStep" | "samples" | "maxNewTokens", least: number): Switch =>
    (s) => {
      const fewer = s.rollout || key === "videosPerStep" ? halved(s[key], least) : null;
      if (fewer === null) return null;
      // Answers of an evaluation are as long as those of a step.
      const { evaluation } = s;
      const shorter = evaluation !== null && key === "maxNewTokens";
      const evaluated = shorter ? { evaluation: { ...evaluation, maxNewTokens: fewer } } : {};
      return { says: `${key} ${fewer}`, settings: { ...s, [key]: fewer, ...evaluated } };
    };
  return [
    (s) => {
      const { evaluation } = s;
      const samples = evaluation === null ? null : halved(evaluation.samples, 1);
      if (evaluation === null || samples === null) return null;
      return { says: `evalSamples ${samples}`, settings: { ...s, evaluation: { ...evaluation, samples } } };
    },
    half("maxNewTokens", LEAST_TOKENS),
    half("videosPerStep", 2),
    (s) => {
      const { neighbours = 0 } = s;
      const groups = neighbours === 0 ? null : halved((s.frames - 1) / neighbours, 1);
      const frames = neighbours === 0 ? halved(s.frames, 1) : groups && groups * neighbours + 1;
      if (frames === null) return null;
      const fewer = visualTokens(geometry, s) - visualTokens(geometry, { ...s, frames });
      const promptTokens = Math.max(1, s.promptTokens - fewer);
      return { says: `frames ${frames}`, settings: { ...s, frames, promptTokens } };
    },
    half("samples", 2),
  ];
}

/**
 * Settings with which a run fits: each that does so alone, and where none does, one combination of those that cost least.
 * Empty when no combination of them fits.
 */
export function waysToFit(shape: MemoryShape, settings: RunSettings, availableBytes: number): Way[] {
  const peak = (of: RunSettings) => planRun(shape, of, availableBytes, SMALLEST).peakBytes;
  const fits = (of: RunSettings) => peak(of) <= availableBytes;
  const alone = [
    ...SWITCHES.map((change) => [change]),
    ...halvings(shape).map((change) => untilItFits(change, settings, fits)),
  ];
  const combined = together(shape, settings, availableBytes, peak);
  const found = alone.filter(
    (steps) => made(settings, steps).says.length > 0 && fits(made(settings, steps).settings),
  );
  const ways = found.length === 0 && combined !== null ? [combined] : found;
  return ways.map((steps) => {
    const { says: changes, settings: changed } = made(settings, steps);
    const adapters = changed.lora !== settings.lora;
    return { changes, adapters, peakBytes: peak(changed) };
  });
}

/** The settings behind these steps, and the last words on each key. */
function made(settings: RunSettings, steps: readonly Switch[]) {
  const says = new Map<Switch, string>();
  let now = settings;
  for (const step of steps) {
    const change = step(now);
    if (change === null) continue;
    says.set(step, change.says);
    now = change.settings;
  }
  return { settings: now, says: [...says.values()] };
}

/** Repeats a change as long as there is more of it and it does not fit. */
function untilItFits(change: Switch, settings: RunSettings, fits: (of: RunSettings) => boolean): Switch[] {
  const steps: Switch[] = [];
  let now = settings;
  for (let next = change(now); next !== null && !fits(now); next = change(now)) {
    steps.push(change);
    now = next.settings;
  }
  return steps;
}

/** One change after another that helps, until it fits, and of these only what is needed; null where all of them do not do. */
function together(
  shape: MemoryShape,
  settings: RunSettings,
  availableBytes: number,
  peakOf: (of: RunSettings) => number,
): Switch[] | null {
  let steps: Switch[] = [];
  const peak = (tried: readonly Switch[]) => peakOf(made(settings, tried).settings);
  const does = (tried: readonly Switch[]) => peak(tried) <= availableBytes;
  for (const step of SWITCHES) if (!does(steps) && peak([...steps, step]) < peak(steps)) steps.push(step);
  const rounds = halvings(shape);
  for (let more = true; more && !does(steps); ) {
    more = false;
    for (const step of rounds) {
      if (does(steps) || step(made(settings, steps).settings) === null) continue;
      steps.push(step);
      more = true;
    }
  }
  if (!does(steps)) return null;
  // Adapters are float32: weights of which there is but one copy are no part of such a run.
  if (steps.includes(withAdapters))
    steps = [...steps.filter((step) => step !== withoutMasters && step !== inBfloat16), inBfloat16];
  for (const step of new Set(steps)) {
    const without = steps.filter((one) => one !== step);
    if (does(without)) steps = without;
  }
  return steps;
}
