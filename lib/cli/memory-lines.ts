/** The plan of a run's memory as a short table: a line for each kind, and the widest moment. */
import { binary } from "../core/size-text.js";
import type { PlannedMemory } from "../run-folder/planned-memory.js";

const NAME_WIDTH = 26;

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
    `memory, as planned for the ${device === "cpu" ? "CPU" : "card"}:`,
    ...told,
    line(`at most, in the ${widest}`, `${binary(plan.peakBytes)}${most}`),
    ...host,
    line("a micro-batch", `${videos}, ${microTokens} rows`),
  ];
}
