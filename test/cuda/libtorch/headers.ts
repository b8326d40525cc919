/** Compiles every native source that sees libtorch against the headers of another one, as far as the syntax. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limiterOf } from "../../../lib/core/limiter.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { ended } from "./program.js";

interface Command {
  readonly directory: string;
  readonly command: string;
  readonly file: string;
}

/** @param root  a folder with include/. @returns the files that do not compile, with the compiler's first words. */
export async function checkHeaders(root: string, scratch: string, jobs: number): Promise<string[]> {
  const own = findLibtorch().root;
  const all = JSON.parse(
    readFileSync(join(packageRoot(), "build", "compile_commands.json"), "utf8"),
  ) as Command[];
  const commands = all
    .filter(({ file, command }) => file.startsWith(join(packageRoot(), "native")) && command.includes(own))
    .map((one) => ({ ...one, args: argumentsOf(one.command, own, root) }));
  const [first] = commands;
  if (first === undefined) return ["build/compile_commands.json names no file that sees libtorch"];
  const shared = await sharedHeader(first.args, first.directory, scratch);
  if (typeof shared !== "string") return [`libtorch's headers alone do not compile: ${shared.why}`];
  const limit = limiterOf(jobs);
  const found = await Promise.all(
    commands.map(({ file, args, directory }) =>
      limit(async () => {
        const { code, err } = await ended(
          "c++",
          ["-include", shared, ...args, "-fsyntax-only", file],
          process.env,
          directory,
        );
        return code === 0 ? [] : [`${file}: ${err.slice(0, 1500)}`];
      }),
    ),
  );
  console.log(`${root}: ${commands.length} native files, ${found.flat().length} do not compile`);
  return found.flat();
}

/** The flags of a compile command: no compiler, launcher, input or output. */
function argumentsOf(command: string, own: string, root: string): string[] {
  const words = command
    .replaceAll(own, root)
    .split(" ")
    .filter((word) => word !== "");
  const first = words.findIndex((word) => word.startsWith("-"));
  const flags = words.slice(first);
  return flags.slice(0, flags.indexOf("-o"));
}

/** The headers that every file takes in, compiled once: a fifth of the time. */
async function sharedHeader(
  args: readonly string[],
  directory: string,
  scratch: string,
): Promise<string | { readonly why: string }> {
  const folder = join(scratch, "shared");
  mkdirSync(folder, { recursive: true });
  const header = join(folder, "shared.h");
  const compat = readFileSync(join(packageRoot(), "native", "tensor", "torch_compat.h"), "utf8");
  writeFileSync(
    header,
    compat
      .split("\n")
      .filter((line) => line.startsWith("#include <"))
      .join("\n"),
  );
  const made = await ended(
    "c++",
    [...args, "-x", "c++-header", header, "-o", `${header}.gch`],
    process.env,
    directory,
  );
  return made.code === 0 ? header : { why: made.err.slice(0, 3000) };
}
