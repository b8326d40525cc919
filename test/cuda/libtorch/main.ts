/**
 * Other libtorches than the one of the build, for an afternoon with a network and gigabytes to spare:
 *
 *   npm run test:libtorch -- --headers 2.11.0       our native sources compile against that version's headers
 *   npm run test:libtorch -- --cuda 2.14.1          a CUDA build opens without a driver, and holds what we need
 *   npm run test:libtorch -- --suite 2.14.1         a clean clone builds on that version, and every suite passes on the CPU
 *
 * pip fetches them into a folder that goes afterwards; each option also takes a torch folder that is there. `--jobs N`
 * compilers at once. Ends with 1 when a check fails.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ByteSource } from "../../../lib/core/byte-source.js";
import { readZipEntry } from "../../../lib/core/zip.js";
import type { ZipEntry } from "../../../lib/core/zip-directory.js";
import { withWheel } from "../../../lib/libtorch/wheel.js";
import { checkCuda } from "./cuda.js";
import { checkHeaders } from "./headers.js";
import { succeed } from "./program.js";
import { checkSuite } from "./suite.js";

const { values } = parseArgs({
  options: {
    headers: { type: "string" },
    cuda: { type: "string" },
    suite: { type: "string" },
    jobs: { type: "string", default: "2" },
  },
});
if (values.headers === undefined && values.cuda === undefined && values.suite === undefined)
  throw new Error("expected --headers VERSION, --cuda VERSION or --suite VERSION");

const scratch = mkdtempSync(join(tmpdir(), "vqat-libtorch-"));
const isFolder = (text: string): boolean => existsSync(join(text, "include", "ATen", "ATen.h"));

/** The wheel alone, of which nothing but the headers is unpacked. */
async function headersOf(version: string): Promise<string> {
  if (isFolder(version)) return resolve(version);
  const folder = join(scratch, "headers");
  await succeed("python3", [
    "-m",
    "pip",
    "download",
    "-q",
    "--no-deps",
    "--dest",
    folder,
    `torch==${version}`,
  ]);
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  await withWheel(join(folder, wheel ?? ""), ({ source, entries }) => unpackHeaders(source, entries, folder));
  return join(folder, "torch");
}

/** The longest header of libtorch has some hundred kB. */
const MAX_HEADER_BYTES = 2 ** 24;

async function unpackHeaders(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
): Promise<void> {
  for (const [name, entry] of entries) {
    if (!name.startsWith("torch/include/") || name.endsWith("/")) continue;
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await readZipEntry(source, entry, MAX_HEADER_BYTES));
  }
}

/** Installed as a user would, with the NVIDIA libraries beside it. */
async function cudaOf(version: string): Promise<string> {
  if (isFolder(version)) return resolve(version);
  const folder = join(scratch, `site-${version}`);
  if (existsSync(folder)) return join(folder, "torch");
  await succeed("python3", ["-m", "pip", "install", "-q", "--target", folder, `torch==${version}`]);
  return join(folder, "torch");
}

try {
  const failures: string[] = [];
  if (values.headers !== undefined)
    failures.push(...(await checkHeaders(await headersOf(values.headers), scratch, Number(values.jobs))));
  if (values.cuda !== undefined) failures.push(...(await checkCuda(await cudaOf(values.cuda))));
  if (values.suite !== undefined) failures.push(...(await checkSuite(await cudaOf(values.suite), scratch)));
  for (const failure of failures) console.log(`FAILED ${failure}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
