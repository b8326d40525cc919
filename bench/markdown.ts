/** Markdown tables of benches. Pure. */

/** The head of a table, and the line below it. */
export function tableHead(names: readonly string[]): string[] {
  return [tableRow(names), tableRow(names.map(() => "---"))];
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Seeds of rows in order: "1, 2, 3". */
export function seedsOf(rows: readonly { readonly seed: number }[]): string {
  return rows
    .map(({ seed }) => seed)
    .sort((a, b) => a - b)
    .join(", ");
}
