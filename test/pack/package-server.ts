/**
 * A package registry on the loopback: it has what package-lock.json names, out of the checkout's node_modules, and our
 * own packages as tarballs. So an install is a real one, with a resolver and an empty cache, and needs no network.
 * Of a package that this checkout lacks (another platform's, which some package managers fetch all the same) it has an
 * empty one.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

export interface PackageServer {
  /** With a slash at its end, as package managers write it. */
  readonly url: string;
  close(): Promise<void>;
}

/** How each package manager is told of a registry. */
export function registryVariables(url: string): Readonly<Record<string, string>> {
  return {
    npm_config_registry: url,
    NPM_CONFIG_REGISTRY: url,
    pnpm_config_registry: url,
    BUN_CONFIG_REGISTRY: url,
    YARN_REGISTRY: url,
    YARN_NPM_REGISTRY_SERVER: url,
    YARN_UNSAFE_HTTP_WHITELIST: LOOPBACK,
  };
}

const LOOPBACK = "127.0.0.1";
const PUBLISHED = "2020-01-01T00:00:00.000Z";

interface Described {
  readonly version: string;
  readonly archive: () => Buffer;
  readonly manifest: object;
}

type Shelf = Map<string, Described[]>;

/** @param tarballs  of our packages, as npm pack left them. */
export async function servePackages(tarballs: readonly string[]): Promise<PackageServer> {
  const shelf: Shelf = new Map();
  for (const file of tarballs) put(shelf, ...fromTarball(file));
  for (const entry of fromLock()) put(shelf, ...entry);
  const server = createServer((request, response) => {
    answer(shelf, `http://${request.headers.host}/`, decodeURIComponent(request.url ?? ""), response);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A registry calls the newest version latest; ours is the one that stands highest in node_modules, so put first. */
function put(shelf: Shelf, name: string, described: Described): void {
  shelf.set(name, [...(shelf.get(name) ?? []), described]);
}

function fromTarball(file: string): [string, Described] {
  const text = execFileSync("tar", ["-xzOf", file, "package/package.json"], { encoding: "utf8" });
  const manifest = JSON.parse(text) as { name: string; version: string };
  return [manifest.name, { version: manifest.version, manifest, archive: () => readFileSync(file) }];
}

function fromLock(): [string, Described][] {
  const lock = JSON.parse(readFileSync(join(packageRoot(), "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; link?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
    .sort(([a], [b]) => depth(a) - depth(b))
    .map(([path, manifest]) => {
      const folder = join(packageRoot(), path);
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      const whole = { ...manifest, name };
      const archive = lazily(() => (existsSync(folder) ? archived(folder) : emptyPackage(whole)));
      return [name, { version: manifest.version, manifest: whole, archive }];
    });
}

const depth = (path: string) => path.split("node_modules/").length;

function lazily(make: () => Buffer): () => Buffer {
  let made: Buffer | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What is installed is what was published, less what was installed inside it. */
function archived(folder: string): Buffer {
  const args = ["--create", "--exclude=./node_modules", "--transform=s,^\\.,package,", "-C", folder];
  return execFileSync("tar", [...args, "--use-compress-program=gzip -1", "."], { maxBuffer: 2 ** 30 });
}

function emptyPackage(manifest: object): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "vqat-empty-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    return archived(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function answer(shelf: Shelf, host: string, path: string, response: ServerResponse): void {
  const [name = "", file] = path.slice(1).split("/-/");
  const versions = shelf.get(name) ?? [];
  if (file === undefined) {
    if (versions.length === 0) return void response.writeHead(404).end("{}");
    response.setHeader("content-type", "application/json");
    return void response.end(JSON.stringify(document(name, versions, host)));
  }
  const found = versions.find(({ version }) => file === fileName(name, version));
  if (found === undefined) return void response.writeHead(404).end();
  response.setHeader("content-type", "application/octet-stream");
  response.end(found.archive());
}

function document(name: string, versions: readonly Described[], host: string): object {
  const described = versions.map(({ version, manifest, archive }) => {
    const tarball = `${host}${name}/-/${fileName(name, version)}`;
    const integrity = `sha512-${sha512(archive())}`;
    return [version, { ...manifest, name, version, dist: { tarball, integrity } }];
  });
  const latest = versions[0]?.version;
  // Some take no version that was published just now.
  const time = Object.fromEntries(versions.map(({ version }) => [version, PUBLISHED]));
  return { name, "dist-tags": { latest }, time, versions: Object.fromEntries(described) };
}

function fileName(name: string, version: string): string {
  return `${name.split("/").at(-1)}-${version}.tgz`;
}

function sha512(bytes: Buffer): string {
  return createHash("sha512").update(bytes).digest("base64");
}
