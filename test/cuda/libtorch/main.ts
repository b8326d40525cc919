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
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
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
  const unpack = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
  wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith("torch/include/")])`;
  await succeed("python3", ["-c", unpack, join(folder, wheel ?? ""), folder]);
  return join(folder, "torch");
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
