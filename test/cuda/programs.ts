/**
 * The tests of the emulated kernels as a program: built by CMake, and built again with some files changed or with a
 * sanitizer, where only the kernels that this touches are compiled and all else is linked as it lies there.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../lib/core/package-root.js";

const TARGET = "vqat_kernels_emulated_test";
const FOLDER = join(packageRoot(), "build");
const NATIVE = join(packageRoot(), "native");

export interface Build {
  readonly name: string;
  readonly program: string;
  /** Of the compiler, for kernels and the link, besides CMake's. */
  readonly flags: string;
  /** Objects in place of CMake's, by .cu file below native/. */
  readonly objects: ReadonlyMap<string, string>;
}

/** What `npm test` builds. */
export const PLAIN: Build = {
  name: "plain",
  program: join(FOLDER, "test", "cuda", TARGET),
  flags: "",
  objects: new Map(),
};

/** A line of compile_commands.json. */
interface CompileCommand {
  readonly file: string;
  readonly command: string;
  readonly directory: string;
}

/** Two at a time, begun in the order of `items`. */
export async function inPairs<I>(items: Iterable<I>, work: (item: I) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

/**
 * All kernels with further compiler flags, in a folder of its own under build/. The host's side of the tests is left
 * as it is: the emulation calls a sanitizer where the program has one.
 */
export function sanitized(name: string, flags: string): Promise<Build> {
  const folder = join(FOLDER, "cuda", name);
  mkdirSync(folder, { recursive: true });
  return builtAgain({ ...PLAIN, name, flags }, new Map(), [...kernels().keys()], folder);
}

/**
 * Compiles `sources` with the texts of `changed` in place of the tree's, and links a program with them.
 *
 * @param changed  text by path below native/.
 * @param sources  the .cu files, below native/, that the change reaches.
 * @param scratch  where objects and program go.
 * @throws Error with the compiler's words when the change does not compile.
 */
export async function builtAgain(
  build: Build,
  changed: ReadonlyMap<string, string>,
  sources: readonly string[],
  scratch: string,
): Promise<Build> {
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(scratch, path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  }
  const known = kernels();
  const objects = new Map(build.objects);
  await inPairs(sources, async (source) => {
    const found = known.get(source);
    if (found === undefined) throw new Error(`${TARGET} holds no object of ${source}`);
    const object = join(scratch, source.replaceAll("/", "-").replace(/\.cu$/, ".o"));
    const copy = changed.has(source) ? join(scratch, source) : found.file;
    // Before the project's own folders, so that a changed header is the one that is found.
    const compile = found.command
      .replace(` -o ${objectOf(found.command)}`, ` ${build.flags} -o ${object}`)
      .replace(` ${found.file}`, ` ${copy}`)
      .replace(/ -I/, ` -I${scratch} -I`);
    await shell(compile, found.directory);
    objects.set(source, object);
  });
  const program = join(scratch, "changed_test");
  const { line, cwd, output } = linkLine();
  let link = line.replace(` -o ${output}`, ` ${build.flags} -o ${program}`);
  for (const source of objects.keys()) link = link.replace(` ${objectOf(known.get(source)?.command)}`, "");
  // First, because of an inline function that several objects hold the linker takes the first.
  await shell(link.replace(/ (?=\S+\.o )/, ` ${[...objects.values()].join(" ")} `), cwd);
  return { ...build, program, objects };
}

/** How CMake compiles each kernel that is part of the tests, by its path below native/. */
function kernels(): ReadonlyMap<string, CompileCommand> {
  const commands = JSON.parse(
    readFileSync(join(FOLDER, "compile_commands.json"), "utf8"),
  ) as CompileCommand[];
  const { line } = linkLine();
  const here = commands.filter(
    ({ file, command }) => file.endsWith(".cu") && line.includes(objectOf(command)),
  );
  return new Map(here.map((command) => [command.file.slice(NATIVE.length + 1), command]));
}

const objectOf = (command = "") => / -o (\S+)/.exec(command)?.[1] ?? "";

/** How CMake's generator links the tests, in which folder, and the program that it makes. */
function linkLine(): { line: string; cwd: string; output: string } {
  const ninja = existsSync(join(FOLDER, "build.ninja"));
  const cwd = ninja ? FOLDER : join(FOLDER, "test", "cuda");
  const list = ["-C", FOLDER, "-t", "commands", TARGET];
  const commands = ninja
    ? execFileSync("ninja", list, { encoding: "utf8", maxBuffer: 1 << 26 })
    : readFileSync(join(cwd, "CMakeFiles", `${TARGET}.dir`, "link.txt"), "utf8");
  const line = commands.trim().split("\n").at(-1) ?? "";
  const output = / -o (\S+)/.exec(line)?.[1];
  if (output === undefined) throw new Error(`${FOLDER}: no command that links ${TARGET}, found '${line}'`);
  return { line, cwd, output };
}

const run = promisify(execFile);

/** @throws Error with the line and what it wrote when it fails. */
async function shell(line: string, cwd: string): Promise<void> {
  await run("sh", ["-c", line], { cwd, maxBuffer: 1 << 26 });
}
