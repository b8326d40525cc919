/** A share as a person reads it. */

/** @param share  of one: 0.256 is "26 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
