/** Predictions as the public VQAThinker code's result CSV. Knows no file; docs/data.md describes the columns. */
import type { Prediction } from "./evaluate.js";

const HEADER = "filename,pred_score,gt_score";

/** Behind them where it was asked for. */
const EXPECTED = "pred_expected";

/**
 * One line per listed video: its path, the score, the label that the score is compared with. The label stands as the
 * list writes it unless a label scale changed it. A video without a score has an empty `pred_score`: the public code
 * writes 3.00 there, which nobody predicted.
 */
export function resultCsv(predictions: readonly Prediction[]): string {
  const hasExpected = predictions.some(({ expected }) => expected !== undefined);
  const number = (value: number | null | undefined) => String(value ?? "");
  const lines = predictions.map(({ video, score, target, targetText, expected }) => {
    const own = [video, number(score), targetText ?? String(target)];
    return [...own, ...(hasExpected ? [number(expected)] : [])].map(cell).join(",");
  });
  return [hasExpected ? `${HEADER},${EXPECTED}` : HEADER, ...lines, ""].join("\n");
}

/** Quoted where a reader would otherwise see two cells, two lines or fewer blanks. */
function cell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
