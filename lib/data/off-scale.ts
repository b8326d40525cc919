/** Labels off the scale that they are taken to be on: nobody's answers come near them. Told, refused nowhere. Pure. */
import { printable } from "../core/refuse.js";
import type { ManifestEntry, ReplyEntry } from "./entry.js";
import type { Scale } from "./scale.js";

type Label = Pick<ManifestEntry, "id" | "score" | "scale">;

export interface LabelUse {
  /** The scale of labels whose row says none. */
  readonly labelRange?: Scale | undefined;
  /** Are labels compared with answers as they are, and not moved onto the model's scale first? */
  readonly raw?: boolean | undefined;
}

/** @param model  the scale of the answers. */
export function labelWarnings(
  listed: readonly Pick<ReplyEntry, keyof Label>[],
  model: Scale,
  { labelRange, raw = false }: LabelUse,
): string[] {
  const entries = listed.flatMap(({ score, ...rest }): Label[] =>
    score === null ? [] : [{ ...rest, score }],
  );
  const unmoved = entries.filter(({ scale }) => raw || (scale ?? labelRange) === undefined);
  const strange = unmoved.filter(({ score }) => isOff(score, model));
  const off = entries.flatMap(({ id, score, scale = labelRange }) =>
    scale !== undefined && isOff(score, scale) ? [`${printable(id)}: ${score} on ${span(scale)}`] : [],
  );
  const of = `of ${entries.length} labels are not on the`;
  const unsaid = raw ? "" : ", and nothing says what scale they are on";
  const remedy = raw
    ? "RMSE and MAE compare them as they are; set labelScale to a factor that brings them onto it, which correlations do not see"
    : "set labelRange to their scale, such as min 0 and max 100, or labelScale to a factor that brings them onto the model's";
  const said = raw ? "the list's scale" : "the list's scale, else labelRange";
  return [
    ...(strange.length === 0
      ? []
      : [
          `${strange.length} ${of} model's scale, ${span(model)}${unsaid}: they go from ${span(reach(unmoved))}; ${remedy}`,
        ]),
    ...(off.length === 0
      ? []
      : [
          `${off.length} ${of} scale that they are said to be on (${said}), first ${off[0]}; set that to the scale of the scores`,
        ]),
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
