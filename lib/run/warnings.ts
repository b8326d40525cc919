/** What of a run's numbers may not be meant: told when it begins or goes on, refused nowhere. Pure. */
import { printable } from "../core/refuse.js";
import type { ManifestEntry, ReplyEntry } from "../data/entry.js";
import type { Scale } from "../data/scale.js";

type Label = Pick<ManifestEntry, "id" | "score" | "scale">;

/** Labels off the scale that they are taken to be on: nobody's answers come near them. */
export function labelWarnings(
  listed: readonly Pick<ReplyEntry, keyof Label>[],
  labelRange: Scale | undefined,
  model: Scale,
): string[] {
  const entries = listed.flatMap(({ score, ...rest }): Label[] =>
    score === null ? [] : [{ ...rest, score }],
  );
  const unscaled = entries.filter(({ scale }) => (scale ?? labelRange) === undefined);
  const strange = unscaled.filter(({ score }) => isOff(score, model));
  const off = entries.flatMap(({ id, score, scale = labelRange }) =>
    scale !== undefined && isOff(score, scale) ? [`${printable(id)}: ${score} on ${span(scale)}`] : [],
  );
  return [
    ...(strange.length === 0
      ? []
      : [
          `${strange.length} of ${entries.length} labels are not on the model's scale, ${span(model)}, and nothing says ` +
            `what scale they are on: they go from ${span(reach(unscaled))}; set labelRange to their scale, such as ` +
            "min 0 and max 100, or labelScale to a factor that brings them onto the model's",
        ]),
    ...(off.length === 0
      ? []
      : [
          `${off.length} of ${entries.length} labels are not on the scale that they are said to be on (the list's scale, ` +
            `else labelRange), first ${off[0]}; set that to the scale of the scores`,
        ]),
  ];
}

/** A warm-up that is as long as the run. */
export function warmupWarnings({ warmupSteps, steps }: { warmupSteps: number; steps: number }): string[] {
  if (warmupSteps < steps) return [];
  return [
    `warmupSteps ${warmupSteps}, but ${steps} steps in all: the learning rate stays below learningRate`,
  ];
}

function isOff(score: number, { min, max }: Scale): boolean {
  return score < min || score > max;
}

function reach(labels: readonly Label[]): Scale {
  const scores = labels.map(({ score }) => score);
  return {
    min: scores.reduce((a, b) => Math.min(a, b)),
    max: scores.reduce((a, b) => Math.max(a, b)),
  };
}

function span({ min, max }: Scale): string {
  return `${min} to ${max}`;
}
