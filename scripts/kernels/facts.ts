/** What the compiler's output says of each kernel, as figures. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { ARCHITECTURES, type Architecture, type Compiled, compileFor } from "./compile.js";

/** Compilers at a time: one needs a core and a few hundred megabytes. */
const AT_A_TIME = 2;

export interface KernelFacts {
  /** The operation: the file's name without "_cuda.cu". */
  readonly operation: string;
  /** As written in the file, with its template's arguments: "forward<float>". */
  readonly kernel: string;
  readonly architecture: Architecture;
  /** Threads of the largest block that it may be started with; null without __launch_bounds__. */
  readonly threads: number | null;
  /** Of a thread. */
  readonly registers: number;
  /** Bytes of a thread: its frame in local memory, and of that what registers are saved in. */
  readonly stack: number;
  readonly spillStores: number;
  readonly spillLoads: number;
  /** Bytes of a block. */
  readonly shared: number;
  /** Routines for 64-bit division that the machine code calls. */
  readonly divisions: readonly string[];
}

/** Every CUDA file of the tree. */
export function cudaFiles(): string[] {
  const folder = join(packageRoot(), "native");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".cu"))
    .sort()
    .map((name) => join(folder, name));
}

/** Compiles the files for both architectures; the kernels in order of files and names. */
export async function factsOf(files: readonly string[]): Promise<KernelFacts[]> {
  const wanted = files.flatMap((file) => ARCHITECTURES.map((architecture) => ({ file, architecture })));
  const found: KernelFacts[][] = wanted.map(() => []);
  const queue = wanted.entries();
  const lane = async () => {
    for (const [place, { file, architecture }] of queue)
      found[place] = readFacts(
        basename(file).replace(/(_cuda)?\.cu$/, ""),
        architecture,
        await compileFor(architecture, file),
      );
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return found.flat();
}

/** Reads one compilation's output. @throws Error when the output is not of the form that is known here. */
export function readFacts(operation: string, architecture: Architecture, compiled: Compiled): KernelFacts[] {
  const { log, ptx, symbols } = compiled;
  const mangled = [...ptx.matchAll(/\.entry (\w+)/g)].map(([, name]) => name ?? "");
  if (mangled.length === 0) throw new Error(`${operation}, ${architecture}: the compiler made no kernel`);
  const names = demangled(mangled);
  const facts = mangled.map((symbol, place): KernelFacts => {
    const said = paragraph(log, symbol);
    const figure = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? 0);
    if (!/Used \d+ registers/.test(said) || !/bytes stack frame/.test(said))
      throw new Error(`${operation}, ${architecture}: ptxas says nothing known of ${symbol}:\n${log}`);
    return {
      operation,
      kernel: names[place] ?? symbol,
      architecture,
      threads: boundsOf(ptx, symbol),
      registers: figure(/Used (\d+) registers/),
      stack: figure(/(\d+) bytes stack frame/),
      spillStores: figure(/(\d+) bytes spill stores/),
      spillLoads: figure(/(\d+) bytes spill loads/),
      shared: figure(/(\d+) bytes smem/),
      divisions: divisionsOf(symbols, symbol),
    };
  });
  return facts.sort((a, b) => (a.kernel < b.kernel ? -1 : 1));
}

/** The lines that ptxas prints of one kernel. */
function paragraph(log: string, symbol: string): string {
  const parts = log.split(/^(?=ptxas info\s+: Compiling entry function)/m);
  return parts.find((part) => part.includes(`'${symbol}'`)) ?? "";
}

/** The product of the block's three sizes in `.maxntid`, which stands between a kernel's parameters and its body. */
function boundsOf(ptx: string, symbol: string): number | null {
  const head = /^[^{]*/.exec(ptx.slice(ptx.indexOf(`.entry ${symbol}(`)))?.[0] ?? "";
  const sizes = /\.maxntid ([\d, ]+)/.exec(head)?.[1];
  return sizes === undefined ? null : sizes.split(",").reduce((product, size) => product * Number(size), 1);
}

/** A routine stands in the section of the kernel that calls it. */
function divisionsOf(symbols: string, symbol: string): string[] {
  const rows = symbols
    .split("\n")
    .map((line) =>
      line
        .replace(/\[<other>: \w+\]/, "")
        .trim()
        .split(/\s+/),
    )
    .filter((row) => row[3] === "FUNC");
  const section = rows.find((row) => row[7] === symbol)?.[6];
  if (section === undefined) throw new Error(`the machine code has no function ${symbol}`);
  const called = rows.filter((row) => row[6] === section).map((row) => row[7] ?? "");
  return called.flatMap((name) => /__cuda_sm\d+_(?:div|rem)_[su]64/.exec(name) ?? []);
}

/** The names as the sources write them, without namespaces and parameters. */
function demangled(mangled: readonly string[]): string[] {
  const text = execFileSync("c++filt", [], { input: `${mangled.join("\n")}\n`, encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .map((name) => withoutParameters(name.replace(/vqat::kernels::|\(anonymous namespace\)::|^void /g, "")));
}

function withoutParameters(name: string): string {
  let depth = 0;
  for (let place = 0; place < name.length; ++place) {
    if (name[place] === "<") ++depth;
    if (name[place] === ">") --depth;
    if (name[place] === "(" && depth === 0) return name.slice(0, place);
  }
  return name;
}
