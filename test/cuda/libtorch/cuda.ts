/** A CUDA build of libtorch on a machine without a driver: it opens, tells its version, and holds what we take from it. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { inspectLibtorch, minorVersion } from "../../../lib/libtorch/libtorch.js";
import { architecturesOf } from "../../../lib/native/architectures.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { ended, succeed } from "./program.js";

const CLI = new URL("../../../lib/cli/main.js", import.meta.url).pathname;
const LOADER = new URL("../../../lib/native/loader.js", import.meta.url).href;
const LOAD = new URL("../../../lib/native/load.js", import.meta.url).href;

const OPENS = `const { addonPath, openLoader } = await import(${JSON.stringify(LOADER)});
const { decodeAbiVersion, librariesToOpen } = await import(${JSON.stringify(LOAD)});
const loader = openLoader(addonPath());
loader.open(librariesToOpen({ root: process.argv[1], cuda: true }));
console.log(decodeAbiVersion(loader.torchAbiVersion()));`;

/** @param root  the torch folder, as pip installs it. @returns what is not as it should be. */
export async function checkCuda(root: string): Promise<string[]> {
  const libtorch = inspectLibtorch("VQAT_LIBTORCH", root);
  if (libtorch === null || !libtorch.cuda || libtorch.version === null)
    return [`${root} is no CUDA build of libtorch`];
  const code = architecturesOf(join(root, "lib", "libtorch_cuda.so"));
  console.log(`${root}: libtorch ${libtorch.version}, code for ${JSON.stringify(code)}`);
  const failures: string[] = [];
  const opened = await ended(process.execPath, ["--input-type=module", "--eval", OPENS, root]);
  if (opened.out.trim() !== libtorch.version)
    failures.push(`opening it: expected ${libtorch.version}, found ${opened.out}${opened.err.slice(-1500)}`);
  else console.log(`opens without a driver and tells version ${libtorch.version}`);
  const same = minorVersion(openLoader(addonPath()).builtFor) === minorVersion(libtorch.version);
  failures.push(...(await checkDoctor(root, same)), ...(await checkSymbols(root, same)));
  return failures;
}

/** The addon works on it when it was built for its minor version, and says which one it wants when not. */
async function checkDoctor(root: string, same: boolean): Promise<string[]> {
  const { out } = await ended(process.execPath, [CLI, "doctor"], { ...process.env, VQAT_LIBTORCH: root });
  const lines = out.split("\n").filter((line) => /^\S+\s+(addon|cuda) /.test(line));
  console.log(lines.join("\n"));
  const expected = same
    ? /^ok +addon .*\nnone +cuda +no NVIDIA driver/m
    : /^MISSING addon +E_TORCH_VERSION: .* but the addon was built for/m;
  return expected.test(lines.join("\n")) ? [] : [`doctor: expected ${expected}`];
}

/** Every symbol that our libraries leave to others is in libtorch, NVIDIA's libraries, the system's or Node itself. */
async function checkSymbols(root: string, same: boolean): Promise<string[]> {
  const held = new Set<string>();
  const takeFrom = async (file: string): Promise<void> => {
    for (const name of await symbols(file, "--defined-only")) held.add(name);
  };
  const own = dirname(addonPath());
  const cuda = join(own, "vqathinker_cuda.so");
  if (!existsSync(cuda)) return [`${cuda} is not built: it needs nvcc`];
  for (const file of [...libraries(join(root, "lib")), ...nvidia(root), process.execPath])
    await takeFrom(file);
  for (const file of await systemLibraries(cuda, addonPath())) await takeFrom(file);
  const failures: string[] = [];
  for (const [file, required] of [
    [cuda, true],
    [addonPath(), same],
  ] as const) {
    const wanted = await symbols(file, "--undefined-only");
    const lacking = wanted.filter((name) => !held.has(name));
    console.log(`${file}: ${wanted.length} symbols of others, ${lacking.length} not found`);
    if (required && lacking.length > 0)
      failures.push(`${file}: nobody holds ${lacking.slice(0, 12).join(", ")}`);
    // Built for another minor version it is refused before these are looked for.
    else if (lacking.length > 0) console.log(`  ${lacking.slice(0, 12).join("\n  ")}`);
  }
  return failures;
}

/** Names without versions; weak ones need not be there. */
async function symbols(file: string, which: string): Promise<string[]> {
  const out = await succeed("nm", ["--dynamic", "--format=posix", which, file]);
  return out.split("\n").flatMap((line) => {
    const [name = "", type = ""] = line.split(" ");
    return name === "" || type === "w" || type === "v" ? [] : [name.replace(/@.*$/, "")];
  });
}

function libraries(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.so(\.\d+)*$/.test(name))
    .map((name) => join(folder, name));
}

function nvidia(root: string): string[] {
  const folder = join(root, "..", "nvidia");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name, "lib"))
    .filter(existsSync)
    .flatMap(libraries);
}

/** Where the dynamic linker finds what these files name, libtorch's own left out. */
async function systemLibraries(...files: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const file of files)
    for (const [, path] of (await succeed("ldd", [file])).matchAll(/(?:=> |^\s+)(\/\S+)/gm))
      if (path !== undefined && !/torch|c10/.test(path)) found.add(path);
  return [...found];
}
