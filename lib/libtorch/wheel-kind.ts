/** Whether an open wheel, or an archive of ours, is what was asked for: torch, of this minor version, of this build. */
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import { minorVersion } from "./libtorch.js";
import type { OpenWheel } from "./wheel.js";

/** What an archive of `setup --archive` calls itself. */
export const ARCHIVE_NAME = "vqathinker-libtorch";

export const HOW_TO_POINT =
  "give a torch wheel (npx vqathinker setup --wheel FILE), an unpacked libtorch (--libtorch DIR) or a Python environment " +
  "with torch (--venv DIR); or let pip or --index URL lead to a server that has one; for the CUDA build: setup --cuda";

type Said = Pick<OpenWheel, "name" | "version" | "requires" | "entries">;

/** As wheels call the processors that process.arch names. */
export const MACHINES: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** @throws {EngineError} E_NO_LIBTORCH or E_TORCH_VERSION naming the file, unless it is that build of torch. */
export function checkWheel(
  wheel: Said & Pick<OpenWheel, "tags">,
  file: string,
  version: string,
  cuda: boolean,
): void {
  if (wheel.name === ARCHIVE_NAME)
    throw wrong(file, "is an archive of setup --archive; give it by --offline FILE");
  if (wheel.name.toLowerCase() !== "torch")
    throw wrong(file, `is a wheel of ${printable(wheel.name)}, expected torch; ${HOW_TO_POINT}`);
  checkVersion(wheel, file, version);
  checkMachine(wheel.tags, file);
  const nvidia = wheel.requires.find((name) => /^(nvidia|cuda)[-_]/.test(name));
  if (nvidia !== undefined && !cuda)
    throw wrong(file, `is a CUDA build: it requires ${printable(nvidia)}; ${HOW_TO_POINT}`);
  if (nvidia === undefined && cuda)
    throw wrong(
      file,
      `is a CPU build: it requires none of NVIDIA's libraries, but --cuda asks for the CUDA build; ${HOW_TO_POINT}`,
    );
  const build = wheel.version.split("+")[1];
  if (build !== undefined && !(cuda ? /^cu\d/ : /^cpu/).test(build))
    throw wrong(
      file,
      `is the build "${printable(build)}", expected ${cuda ? "CUDA's" : "cpu"}; ${HOW_TO_POINT}`,
    );
}

function checkMachine(tags: readonly string[], file: string): void {
  const machine = MACHINES[process.arch] ?? process.arch;
  if (tags.some((tag) => tag.endsWith("-any") || tag.endsWith(`_${machine}`))) return;
  const found = tags.length === 0 ? "no machine" : printable(tags.join(", "));
  throw wrong(file, `is for ${found}, this machine is ${process.platform} on ${machine}; ${HOW_TO_POINT}`);
}

/** @throws as checkWheel. */
export function checkArchive(wheel: Said, file: string, version: string, cuda: boolean): void {
  if (wheel.name !== ARCHIVE_NAME)
    throw wrong(
      file,
      `is a wheel of ${printable(wheel.name)}, expected an archive of setup --archive; a torch wheel is given by --wheel FILE`,
    );
  checkVersion(wheel, file, version);
  if (isCuda(wheel) !== cuda)
    throw wrong(
      file,
      `holds the ${isCuda(wheel) ? "CUDA" : "CPU"} build, the ${cuda ? "CUDA" : "CPU"} build was asked for`,
    );
}

export function isCuda({ entries }: Pick<OpenWheel, "entries">): boolean {
  return entries.has("torch/lib/libtorch_cuda.so");
}

function checkVersion({ version: found }: Said, file: string, expected: string): void {
  if (minorVersion(found) === minorVersion(expected)) return;
  const message = `${file} is torch ${printable(found)}, expected ${minorVersion(expected)}; give another wheel`;
  throw new EngineError("E_TORCH_VERSION", message, { details: { file, found, expected } });
}

function wrong(file: string, problem: string): EngineError {
  return new EngineError("E_NO_LIBTORCH", `${file}: ${problem}`, { details: { file } });
}
