/** Fuzz target: wheels, read and unpacked. What is taken lies in its folder alone, and is what RECORD vouches for. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { workerData } from "node:worker_threads";
import type { Draws } from "../../lib/core/rng.js";
import { unpackWheel } from "../../lib/libtorch/unpack.js";
import { withWheel } from "../../lib/libtorch/wheel.js";
import { zipArchive } from "../helpers/zip.js";
import { once, oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import type { FuzzWork } from "./progress.js";

export const READERS = ["wheel", "unpack"].map((name) => `lib/libtorch/${name}.ts`);

const text = (content: string) => new TextEncoder().encode(content);
const WORDS = [
  "torch/lib/",
  "../",
  "/",
  "sha256=",
  ",",
  '"',
  "\n",
  "Name: torch\n",
  "Version: 2.13.0\n",
  "nvidia/",
  "\\",
].map(text);
const NAMES = [
  "torch/lib/a.so",
  "torch/lib/b",
  "torch/share/x/y",
  "torch/lib/b/c",
  "nvidia/cu13/l",
  "torch/nn/a",
  "torch/lib/",
];

export function make(draws: Draws): Uint8Array {
  const files = NAMES.filter(() => !once(draws, 3)).map((name) => ({
    name: once(draws, 12) ? name.replace("/", oneOf(draws, ["/../", "//", "/./", "\\", "/a:"])) : name,
    data: new Uint8Array(draws.below(300)).fill(draws.below(256)),
  }));
  const sums = files.map(({ name, data }) => {
    const digest = createHash("sha256").update(data).digest("base64url");
    return `${name},sha256=${digest},${data.length}\n`;
  });
  const metadata = text(
    "Metadata-Version: 2.4\nName: torch\nVersion: 2.13.0+cpu\nRequires-Dist: sympy; x\n\nprose",
  );
  const changed = (bytes: Uint8Array) => (once(draws, 6) ? spoilt(draws, bytes, WORDS) : bytes);
  const parts = [
    ...files,
    { name: "torch.dist-info/METADATA", data: changed(metadata) },
    { name: "torch.dist-info/RECORD", data: changed(text(sums.join(""))) },
  ].filter(() => !once(draws, 20));
  const claimed = parts.map((part) =>
    once(draws, 30) ? { ...part, bytes: oneOf(draws, [0, 7, 2 ** 21, 2 ** 31]) } : part,
  );
  const deflated = claimed.map((part) => ({ ...part, deflate: once(draws, 2) }));
  const bytes = zipArchive(deflated, { zip64: once(draws, 3) });
  return packed({ "x.whl": once(draws, 3) ? spoilt(draws, bytes, WORDS) : bytes });
}

export function check(input: Uint8Array): Promise<boolean> {
  const target = join((workerData as FuzzWork).scratch, "unpacked");
  const free = () => Promise.resolve(Number.POSITIVE_INFINITY);
  const read = (dir: string) =>
    withWheel(join(dir, "x.whl"), async (wheel) => {
      await unpackWheel(wheel, target, { free });
      for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
        assert.equal(sum, wheel.sums.get(relative(target, file)), file);
      }
    });
  return takesFolder(input, ["x.whl"], read, { code: "E_NO_LIBTORCH" }).finally(() =>
    rmSync(target, { recursive: true, force: true }),
  );
}
