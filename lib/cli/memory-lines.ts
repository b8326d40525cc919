/** The plan of a run's memory as a short table: a line for each kind, and the widest moment. */
import { amount, binary } from "../core/size-text.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";

const NAME_WIDTH = 26;

/** `0.41 M of 0.98 M values, adapters on 21 layers of the decoder`. */
function trainedLine({ trainedValues, values, adapted }: PlannedMemory): string {
  const share = `${amount(trainedValues)} of ${amount(values)} values`;
  if (adapted === null) return share;
  const parts = [
    [adapted.language, "the decoder"],
    [adapted.vision, "the vision tower"],
    [adapted.projector, "the projector"],
  ] as const;
  const on = parts.filter(([layers]) => layers > 0).map(([layers, part]) => `${layers} layers of ${part}`);
  return `${share}, adapters on ${on.join(" and ")}`;
}

export function memoryLines(plan: PlannedMemory): string[] {
  const { microTokens, microVideos, availableBytes, device, widest } = plan;
  const rows: [string, number][] = [
    ["weights", plan.weights],
    ["frozen reference", plan.reference],
    ["gradients", plan.gradients],
    ["float32 masters", plan.masters],
    ["optimiser's states", plan.moments],
    ["features kept", plan.features],
    ["decoded clips", plan.clips],
    [device === "cpu" ? "process" : "CUDA, allowed for", plan.process],
    ["rollout", plan.rollout],
    ["evaluation", plan.evaluation],
    ["update", plan.update],
  ];
  const line = (name: string, text: string) => `  ${name.padEnd(NAME_WIDTH)} ${text}`;
  const told = rows.filter(([, bytes]) => bytes > 0).map(([name, bytes]) => line(name, binary(bytes)));
  const most = availableBytes === null ? "" : ` of ${binary(availableBytes)}`;
  const host = device === "cpu" ? [] : [line("beside the card", binary(plan.hostBytes))];
  const videos = microVideos === 1 ? "one video" : `up to ${microVideos} videos`;
  return [
    `learns ${trainedLine(plan)}`,
    `memory, as planned for the ${device === "cpu" ? "CPU" : "card"}:`,
    ...told,
    line(`at most, in the ${widest}`, `${binary(plan.peakBytes)}${most}`),
    ...host,
    line("a micro-batch", `${videos}, ${microTokens} rows`),
  ];
}
