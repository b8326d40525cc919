/** That both packages are one release: the same version everywhere, and a new one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { output, ReleaseError, readJson } from "./shell.js";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Folder of each package with binaries, from the root. */
export const PLATFORMS = [join("packages", "linux-x64")];

/**
 * The version that is released.
 *
 * @throws {ReleaseError} where a package, what the main one asks for, the lock file or CITATION.cff names another one, or where it has a tag.
 */
export function releasedVersion(root: string): string {
  const main = readJson<Manifest>(root, "package.json");
  const { version } = main;
  const locked = readJson<{ packages: Record<string, Manifest> }>(root, "package-lock.json").packages;
  expectVersion("package-lock.json", locked[""]?.version, version);
  for (const folder of PLATFORMS) {
    const platform = readJson<Manifest>(root, folder, "package.json");
    const { name } = platform;
    expectVersion(join(folder, "package.json"), platform.version, version);
    expectVersion(
      `optionalDependencies of package.json, ${name}`,
      main.optionalDependencies?.[name],
      version,
    );
    expectVersion(`package-lock.json, ${folder}`, locked[folder]?.version, version);
  }
  const cited = /^version: (\S+)$/m.exec(readFileSync(join(root, "CITATION.cff"), "utf8"))?.[1];
  expectVersion("CITATION.cff", cited, version);
  if (output(root, "git", "tag", "--list", tagOf(version)).trim() !== "")
    throw new ReleaseError(`${tagOf(version)} is tagged already; raise the version of both packages`);
  return version;
}

export const tagOf = (version: string) => `v${version}`;

function expectVersion(where: string, found: string | undefined, expected: string): void {
  if (found === expected) return;
  throw new ReleaseError(
    `${where}: expected version ${expected}, found ${found ?? "none"}; both packages are released together`,
  );
}
