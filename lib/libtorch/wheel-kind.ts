/** Whether an open wheel, or an archive of ours, is what was asked for: torch, of this minor version, of this build. */
import { EngineError } from "../core/errors.js";
import { printable } from "../core/refuse.js";
import { minorVersion } from "./libtorch.js";
import type { OpenWheel } from "./wheel.js";

/** What an archive of `setup --archive` calls itself. */
export const ARCHIVE_NAME = "vqathinker-libtorch";

/** What to do where no libtorch is had. @param cuda  whether the CUDA build is what was asked for. */
export function howToPoint(cuda: boolean): string {
  const [flag, server, other] = cuda
    ? [" --cuda", "pip lead to a server that has one (PIP_INDEX_URL=…)", "for the CPU build leave --cuda out"]
    : ["", "pip or --index URL lead to a server that has one", "for the CUDA build: setup --cuda"];
  return (
    `give a torch wheel (npx vqathinker setup${flag} --wheel FILE), an unpacked libtorch (--libtorch DIR) or a Python ` +
    `environment with torch (--venv DIR); or let ${server}; ${other}`
  );
}

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
  const how = howToPoint(cuda);
  if (wheel.name.toLowerCase() !== "torch")
    throw wrong(file, `is a wheel of ${printable(wheel.name)}, expected torch; ${how}`);
  checkVersion(wheel, file, version);
  checkMachine(wheel.tags, file, how);
  const nvidia = cudaRequirement(wheel);
  if (nvidia !== undefined && !cuda)
    throw wrong(file, `is a CUDA build: it requires ${printable(nvidia)}; ${how}`);
  if (nvidia === undefined && cuda)
    throw wrong(
      file,
      `is a CPU build: it requires none of NVIDIA's libraries, but --cuda asks for the CUDA build; ${how}`,
    );
  const build = wheel.version.split("+")[1];
  if (build !== undefined && !(cuda ? /^cu\d/ : /^cpu/).test(build))
    throw wrong(file, `is the build "${printable(build)}", expected ${cuda ? "CUDA's" : "cpu"}; ${how}`);
}

function checkMachine(tags: readonly string[], file: string, how: string): void {
  const machine = MACHINES[process.arch] ?? process.arch;
  if (tags.some((tag) => tag.endsWith("-any") || tag.endsWith(`_${machine}`))) return;
  const found = tags.length === 0 ? "no machine" : printable(tags.join(", "));
  throw wrong(file, `is for ${found}, this machine is ${process.platform} on ${machine}; ${how}`);
}

/** @throws as checkWheel. */
export function checkArchive(wheel: Said, file: string, version: string, cuda: boolean): void {
  if (wheel.name !== ARCHIVE_NAME)
    throw wrong(
      file,
      `is a wheel of ${printable(wheel.name)}, expected an archive of setup --archive; a torch wheel is given by --wheel FILE`,
    );
  checkVersion(wheel, file, version);
  if (holdsCuda(wheel) && !cuda)
    throw wrong(file, "holds the CUDA build, the CPU build was asked for; add --cuda to take it");
  if (!holdsCuda(wheel) && cuda)
    throw wrong(file, "holds the CPU build, the CUDA build was asked for; leave --cuda out to take it");
}

/** Whether an open wheel or archive says of itself that it is a CUDA build. */
export function isCuda(wheel: Said): boolean {
  return wheel.name === ARCHIVE_NAME ? holdsCuda(wheel) : cudaRequirement(wheel) !== undefined;
}

/** The first of NVIDIA's libraries that a torch wheel requires. */
function cudaRequirement({ requires }: Pick<OpenWheel, "requires">): string | undefined {
  return requires.find((name) => /^(nvidia|cuda)[-_]/.test(name));
}

/** Of an archive, which requires nothing: what it needs lies in it. */
function holdsCuda({ entries }: Pick<OpenWheel, "entries">): boolean {
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
