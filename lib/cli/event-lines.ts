/** A run's events as lines for a person. Knows no screen. */
import { percent } from "../core/percent.js";
import { type StepEvent, shownReward, type TrainEvent } from "../grpo/event.js";
import type { EvaluationEvent, RunStep } from "../run-folder/events.js";
import type { SftEvent, SftMeasures } from "../sft/event.js";
import { memoryLines } from "./memory-lines.js";

/** The time to go is told by so many last steps. */
const RECENT = 20;

/**
 * What says an event in a line; null for one that is none, or that only says again why a video is skipped.
 *
 * @param warning  A warning as its reader calls things; default: as it is.
 */
export function eventLines(
  warning = (message: string) => message,
): (event: TrainEvent | SftEvent) => string | null {
  const seconds: number[] = [];
  const skipped = new Set<string>();
  return (event) => {
    switch (event.type) {
      case "step":
        seconds.push(event.seconds);
        return stepLine(event, seconds.slice(-RECENT));
      case "start":
        return [
          `${event.videos} videos, ${event.steps} steps, run folder ${event.run}`,
          ...(event.memory === undefined ? [] : memoryLines(event.memory)),
        ].join("\n");
      case "checkpoint":
        return `checkpoint ${event.path}`;
      case "warning":
        return `warning: ${warning(event.message)}`;
      case "evaluation":
        return evaluationLine(event);
      case "dryCheck":
        return event.message;
      case "emptyStep":
        return `skipped: ${event.message}`;
      case "skipped":
        if (skipped.has(event.message)) return null;
        skipped.add(event.message);
        return `skipped: ${event.message}`;
      default:
        return null;
    }
  };
}

function evaluationLine({
  afterStep,
  srcc,
  plcc,
  rmse,
  parsed,
  listed,
  isBest,
  seconds,
}: EvaluationEvent): string {
  const shown = (value: number | null) => value?.toFixed(3) ?? "none";
  const measures = `SRCC ${shown(srcc)}  PLCC ${shown(plcc)}  RMSE ${shown(rmse)}`;
  const best = isBest ? "  the best so far" : "";
  return `evaluation after step ${afterStep}: ${measures}  ${parsed} of ${listed} with a score  ${seconds.toFixed(1)} s${best}`;
}

export function stepLine(event: StepEvent | (RunStep & SftMeasures), lastSeconds: readonly number[]): string {
  const each = lastSeconds.reduce((sum, value) => sum + value, 0) / lastSeconds.length;
  return [
    `step ${event.step}/${event.steps}`,
    ...("reward" in event ? grpoParts(event) : sftParts(event)),
    `${event.seconds.toFixed(1)} s`,
    `ETA ${duration(each * (event.steps - event.step))}`,
  ].join("  ");
}

function sftParts({ loss, gradNorm, completionTokens }: SftMeasures): string[] {
  return [`loss ${loss.toFixed(4)}`, `gradient norm ${gradNorm.toFixed(2)}`, `${completionTokens} tokens`];
}

function grpoParts(event: StepEvent): string[] {
  const rewards = Object.entries(event.rewards).map(([name, value]) => `${name} ${shownReward(value, 2)}`);
  const spread = event.scoreSpread === null ? "none" : event.scoreSpread.toFixed(2);
  return [
    `reward ${shownReward(event.reward, 3)} (${rewards.join(", ")})`,
    ...(event.unscored === 0 ? [] : [`left out ${percent(event.unscored)}`]),
    ...(event.parsed === 1 ? [] : [`unparsed ${percent(1 - event.parsed)}`]),
    ...(event.truncated === 0 ? [] : [`cut ${percent(event.truncated)}`]),
    `score spread ${spread}`,
    ...(event.offScale === null || event.offScale === 0 ? [] : [`off the scale ${percent(event.offScale)}`]),
    `silent groups ${percent(event.silentGroups)}`,
    ...(event.kl === null ? [] : [`KL ${event.kl.toFixed(4)}`]),
  ];
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = `${String(minutes).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}
