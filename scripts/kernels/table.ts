/** The figures as a table of docs/kernels.md, between two lines that mark its place. */
import type { KernelFacts } from "./facts.js";
import { nameOf } from "./judge.js";
import { blocksOnSm, LARGEST_BLOCK } from "./occupancy.js";

const BEGIN = "<!-- kernels:facts: made by the command of this name, not by hand -->";
const END = "<!-- /kernels:facts -->";

/** What stands between the markers: the table, and which compiler made it. */
export function factsTable(facts: readonly KernelFacts[], version: string): string {
  const rows = [...new Set(facts.map(nameOf))].map((name) =>
    row(facts.filter((one) => nameOf(one) === name)),
  );
  return [
    "| operation | kernel | threads | registers: sm_80, sm_90 | spills | stack | shared | an SM holds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `Compiled by nvcc ${version}.`,
  ].join("\n");
}

/** The version that made the table of a document, or null where it holds none. */
export function versionOfTable(document: string): string | null {
  return /^Compiled by nvcc (\S+)\.$/m.exec(between(document))?.[1] ?? null;
}

/** The document with another table. @throws Error when the markers are missing. */
export function withTable(document: string, table: string): string {
  const old = between(document);
  return document.replace(`${BEGIN}${old}${END}`, () => `${BEGIN}\n\n${table}\n\n${END}`);
}

function between(document: string): string {
  const found = document.split(BEGIN)[1]?.split(END);
  if (found?.length !== 2) throw new Error(`expected the lines '${BEGIN}' and '${END}', found not both`);
  return found[0] ?? "";
}

/** One kernel on all architectures; what is the same on each is written once. */
function row(each: readonly KernelFacts[]): string {
  const [first] = each;
  if (first === undefined) return "";
  const figures = (of: (facts: KernelFacts) => number) => {
    const values = each.map(of);
    return values.every((value) => value === values[0]) ? String(values[0]) : values.join(", ");
  };
  const threads = (facts: KernelFacts) => facts.threads ?? LARGEST_BLOCK;
  const hopper = each.find(({ architecture }) => architecture === "sm_90") ?? first;
  const blocks = blocksOnSm(hopper);
  const cells = [
    `\`${first.operation}\``,
    `\`${first.kernel}\``,
    figures(threads),
    each.map(({ registers }) => registers).join(", "),
    figures(({ spillStores, spillLoads }) => Math.max(spillStores, spillLoads)),
    figures(({ stack }) => stack),
    figures(({ shared }) => shared),
    `${blocks} ${blocks === 1 ? "block" : "blocks"}, ${blocks * threads(hopper)} threads`,
  ];
  return `| ${cells.join(" | ")} |`;
}
