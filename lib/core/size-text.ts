/** Sizes as a person reads them. */

/** With the largest unit that leaves at least one before the point. */
export function scaled(value: number, base: number, units: readonly string[]): string {
  let power = 0;
  while (power + 1 < units.length && value >= base ** (power + 1)) power++;
  return `${(value / base ** power).toFixed(power === 0 ? 0 : 2)} ${units[power]}`.trim();
}

/** Bytes: "1.50 GiB". */
export function binary(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

/** Of values: "938.16 M". */
export function amount(count: number): string {
  return scaled(count, 1000, ["", "K", "M", "B"]);
}
