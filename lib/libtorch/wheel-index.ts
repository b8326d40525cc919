/**
 * Where setup looks for a CPU wheel when pip has none: an index of links in HTML, as pip itself reads it. Chooses the
 * wheel; fetching it is download.ts.
 *
 * Source: Python packaging specifications, "Simple repository API" (its HTML form).
 */
import { EngineError } from "../core/errors.js";
import { listed } from "../core/refuse.js";
import { shownAddress } from "./address.js";
import type { Wanted } from "./download.js";
import { PINNED_WHEELS } from "./pins.js";
import { type Answer, getUrl } from "./web.js";
import { MACHINES } from "./wheel-kind.js";

/** The CPU wheel index that PyTorch's installation page names. */
export const CPU_WHEEL_INDEX = "https://download.pytorch.org/whl/cpu";

/** An index of torch has some hundred kB. */
const MAX_PAGE_BYTES = 2 ** 24;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#43": "+" };

/** A link to a wheel. */
export interface Link {
  readonly url: string;
  /** "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl" */
  readonly name: string;
  /** As the index says it, hexadecimal; null where it says none. */
  readonly sha256: string | null;
}

export interface Found extends Wanted {
  /** Where the sum comes from. */
  readonly vouched: "pinned" | "index";
}

/**
 * @param index  its address, without the package's name.
 * @returns the CPU wheel of this version for this machine.
 * @throws {EngineError} E_NO_LIBTORCH when the index cannot be had, is none, or has no such wheel.
 */
export async function findWheel(index: string, version: string): Promise<Found> {
  const page = `${index.replace(/\/+$/, "")}/torch/`;
  const shown = shownAddress(page);
  const answer = await getUrl(page, { accept: "text/html" });
  const links = linksIn(await textOf(answer, shown), answer.url);
  if (links.length === 0) throw noIndex(shown);
  return choose(links, `${version}+cpu`, shown);
}

/** @throws {EngineError} E_NO_LIBTORCH when none fits, or when the one that is pinned is another here. */
export function choose(links: readonly Link[], version: string, page: string): Found {
  const machine = MACHINES[process.arch] ?? process.arch;
  const fitting = links.filter(({ name }) => fits(name, version, machine));
  const pinned = fitting.find(({ name }) => Object.hasOwn(PINNED_WHEELS, name));
  const best = pinned ?? fitting.find(({ sha256 }) => sha256 !== null);
  if (best === undefined) throw notThere(links, fitting, version, machine, page);
  const { url, name } = best;
  const pin = PINNED_WHEELS[name];
  if (pin === undefined) return { url, name, sha256: best.sha256 ?? "", vouched: "index" };
  if (best.sha256 !== null && best.sha256 !== pin) {
    const message = `${page}: says that ${name} has the SHA-256 ${best.sha256}, this package expects ${pin}; nothing was fetched. Give a wheel that you trust: --wheel FILE`;
    throw new EngineError("E_NO_LIBTORCH", message, { details: { page, name } });
  }
  return { url, name, sha256: pin, vouched: "pinned" };
}

/** The wheels that a page links to. @param base  what relative addresses are relative to. */
export function linksIn(html: string, base: string): Link[] {
  const found = html.matchAll(/<a\s[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi);
  return [...found].flatMap(([, double, single]) => {
    const address = (double ?? single ?? "").replace(
      /&(\w+|#\d+);/g,
      (all, name: string) => ENTITIES[name] ?? all,
    );
    if (!URL.canParse(address, base)) return [];
    const url = new URL(address, base);
    const name = decoded(url.pathname.split("/").at(-1) ?? "");
    if (!/^[\w.+-]+\.whl$/.test(name) || !/^https?:$/.test(url.protocol)) return [];
    const sha256 = /^#sha256=([\da-f]{64})$/i.exec(url.hash)?.[1]?.toLowerCase() ?? null;
    url.hash = "";
    return [{ url: url.href, name, sha256 }];
  });
}

/** Version and platform are what counts: the libraries are the same for every Python. */
function fits(name: string, version: string, machine: string): boolean {
  const [project, its, , , platform = ""] = name.replace(/\.whl$/, "").split("-");
  return project === "torch" && its === version && new RegExp(`^(many)?linux_.*${machine}$`).test(platform);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function textOf({ body }: Answer, page: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MAX_PAGE_BYTES) throw noIndex(page);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function noIndex(page: string): EngineError {
  const message = `${page}: expected an index of wheels, found a page without a link to any; does a proxy answer in its place? Set HTTPS_PROXY, name another index by --index URL, or give a wheel by --wheel FILE`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { page } });
}

function notThere(
  links: readonly Link[],
  fitting: readonly Link[],
  version: string,
  machine: string,
  page: string,
): EngineError {
  const versions = [...new Set(links.map(({ name }) => name.split("-")[1] ?? ""))];
  const found =
    fitting.length > 0 ? "found it without a SHA-256 to hold it to" : `found ${listed(versions.slice(-8))}`;
  const message = `${page}: expected torch ${version} for Linux on ${machine}, ${found}; name another index by --index URL, or give a wheel by --wheel FILE`;
  return new EngineError("E_NO_LIBTORCH", message, { details: { page, version } });
}
