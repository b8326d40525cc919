/**
 * The tests of the emulated kernels as a program: built by CMake, plain or with a sanitizer, and built again with some
 * files changed, where only what the change touches is compiled and all else is linked as it lies there.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../lib/core/package-root.js";

export const TARGET = "vqat_kernels_emulated_test";

export interface Build {
  readonly name: string;
  /** CMake's build folder. */
  readonly folder: string;
}

/** What `npm test` builds. */
export const PLAIN: Build = { name: "plain", folder: join(packageRoot(), "build") };

/** A line of compile_commands.json. */
interface CompileCommand {
  readonly file: string;
  readonly command: string;
  readonly directory: string;
}

/**
 * Builds the tests with further compiler flags, in a folder of its own under build/, which is kept: CMake compiles
 * again what has changed.
 */
export function sanitized(name: string, flags: string): Build {
  const cache = readFileSync(join(PLAIN.folder, "CMakeCache.txt"), "utf8");
  const libtorch = /^VQAT_LIBTORCH:PATH=(.+)$/m.exec(cache)?.[1];
  const generator = /^CMAKE_GENERATOR:INTERNAL=(.+)$/m.exec(cache)?.[1];
  if (libtorch === undefined || generator === undefined)
    throw new Error(`${PLAIN.folder} is no build of this project; run: npm run build:all -- --tests`);
  const folder = join(PLAIN.folder, "cuda", name);
  const options = [
    `-DVQAT_LIBTORCH=${libtorch}`,
    "-DVQAT_TESTS=ON",
    "-DVQAT_CUDA=OFF",
    "-DCMAKE_BUILD_TYPE=Debug",
    `-DCMAKE_CXX_FLAGS=${flags}`,
  ];
  const configure = ["-S", packageRoot(), "-B", folder, "-G", generator, ...options];
  execFileSync("cmake", configure, { stdio: ["ignore", "ignore", "pipe"] });
  const build = ["--build", folder, "--target", TARGET, "--parallel", "2"];
  execFileSync("cmake", build, { stdio: ["ignore", "ignore", "inherit"] });
  return { name, folder };
}

/** The program as it was built. */
export function programOf({ folder }: Build): string {
  return linkLine(folder).program;
}

/**
 * Compiles `sources` with the texts of `changed` in place of the tree's, and links a program with them.
 *
 * @param changed  text by path below native/.
 * @param sources  the .cu files, below native/, that the change reaches.
 * @param scratch  an empty folder.
 * @returns the program.
 * @throws Error with the compiler's words when the change does not compile.
 */
export async function rebuilt(
  { folder }: Build,
  changed: ReadonlyMap<string, string>,
  sources: readonly string[],
  scratch: string,
): Promise<string> {
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(scratch, path)), { recursive: true });
    writeFileSync(join(scratch, path), text);
  }
  const commands = JSON.parse(
    readFileSync(join(folder, "compile_commands.json"), "utf8"),
  ) as CompileCommand[];
  const { line, cwd, output } = linkLine(folder);
  let link = line;
  for (const source of sources) {
    const original = join(packageRoot(), "native", source);
    const found = commands.find(({ file, command }) => file === original && line.includes(objectOf(command)));
    if (found === undefined) throw new Error(`${TARGET} holds no object of ${source}`);
    const object = join(scratch, source.replaceAll("/", "-").replace(/\.cu$/, ".o"));
    const copy = changed.has(source) ? join(scratch, source) : original;
    // Before the project's own folders, so that a changed header is the one that is found.
    const compile = found.command
      .replace(` ${objectOf(found.command)}`, ` ${object}`)
      .replace(` ${original}`, ` ${copy}`)
      .replace(/ -I/, ` -I${scratch} -I`);
    await shell(compile, found.directory);
    link = link.replace(objectOf(found.command), object);
  }
  const program = join(scratch, "changed_test");
  await shell(link.replace(` -o ${output}`, ` -o ${program}`), cwd);
  return program;
}

const objectOf = (command: string) => / -o (\S+)/.exec(command)?.[1] ?? "";

/** How CMake's generator links the tests, in which folder, and the program that it makes. */
function linkLine(folder: string): { line: string; cwd: string; output: string; program: string } {
  const ninja = existsSync(join(folder, "build.ninja"));
  const cwd = ninja ? folder : join(folder, "test", "cuda");
  const list = ["-C", folder, "-t", "commands", TARGET];
  const commands = ninja
    ? execFileSync("ninja", list, { encoding: "utf8", maxBuffer: 1 << 26 })
    : readFileSync(join(cwd, "CMakeFiles", `${TARGET}.dir`, "link.txt"), "utf8");
  const line = commands.trim().split("\n").at(-1) ?? "";
  const output = / -o (\S+)/.exec(line)?.[1];
  if (output === undefined) throw new Error(`${folder}: no command that links ${TARGET}, found '${line}'`);
  return { line, cwd, output, program: join(cwd, output) };
}

const run = promisify(execFile);

/** @throws Error with the line and what it wrote when it fails. */
async function shell(line: string, cwd: string): Promise<void> {
  await run("sh", ["-c", line], { cwd, maxBuffer: 1 << 26 });
}
