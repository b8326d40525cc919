/** Files that torch.save wrote, converted, against what the safetensors library wrote of the same tensors; recipe: recipes/torch_files.py. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { convertCheckpoint } from "../../lib/index.js";
import { readSafetensorsHeader } from "../../lib/weights/safetensors.js";
import { golden, goldenPath } from "../helpers/goldens.js";
import { rejects } from "../helpers/refused.js";

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "vqat-convert-"));
});
after(() => rm(dir, { recursive: true, force: true }));

/** Tensors by name, as their type, shape and bytes. */
async function contents(file: string): Promise<Map<string, object>> {
  const bytes = await readFile(file);
  const { tensors } = await readSafetensorsHeader(file);
  return new Map(
    tensors
      .map(
        ({ name, dtype, shape, begin, end }) =>
          [name, { dtype, shape, bytes: bytes.subarray(begin, end) }] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const FORMATS = [2, 3, 4, 5].flatMap((protocol) => [`zip-${protocol}`, `legacy-${protocol}`]);

for (const name of [...FORMATS, "deflated"]) {
  test(`${name}.pt gives the tensors of the safetensors library, bit for bit`, async () => {
    const out = join(dir, `${name}.safetensors`);
    const { bytes, ...rest } = await convertCheckpoint(goldenPath(`pickle/${name}.pt`), out);
    const expected = await contents(goldenPath("pickle/expected.safetensors"));
    assert.deepEqual(await contents(out), expected);
    assert.equal(bytes, (await readFile(out)).length);
    assert.deepEqual(rest, {
      format: name.startsWith("legacy") ? "legacy" : "zip",
      key: "model_state",
      tensors: expected.size,
      leftOut: [
        { name: "num_batches_tracked", tensors: 1 },
        { name: "blocks.6", tensors: 2 },
      ],
      notTensors: ["steps"],
      beside: ["epoch", "optimizer_state", "cfg", "best", "sizes", "dtype", "history"],
    });
    assert.deepEqual((await readSafetensorsHeader(out)).metadata, { format: "pt" });
  });
}

for (const [name, named] of Object.entries(golden("pickle/refused") as Record<string, string>)) {
  test(`refuses what torch.save wrote of ${name}, and names ${named}`, async () => {
    const file = goldenPath(`pickle/refused/${name}.pt`);
    const expected = new RegExp(`^/data\\.pkl, byte \\d+: .*\\b${named.replaceAll(".", "\\.")}\\b`);
    await rejects(convertCheckpoint(file, join(dir, "none")), `${file}: ${name}`, expected);
  });
}
