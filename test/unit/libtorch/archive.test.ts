/** An archive carries a libtorch to another machine: there and back, and what is refused there. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { writeArchive } from "../../../lib/libtorch/archive.js";
import { fetchLibtorch } from "../../../lib/libtorch/fetch-libtorch.js";
import { inspectLibtorch, type Libtorch } from "../../../lib/libtorch/libtorch.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { noise, torchWheel } from "../../helpers/wheels.js";

const scratch = scratchFolder();
const files = { "torch/lib/libc10.so": noise(2 ** 21), "torch/lib/name, quoted.so": "x" };

async function machine(
  facts: Parameters<typeof torchWheel>[0],
  cuda: boolean,
): Promise<{ home: string; libtorch: Libtorch }> {
  const home = mkdtempSync(join(scratch, "machine-"));
  const wheel = join(home, "x.whl");
  writeFileSync(wheel, torchWheel(facts));
  const root = await fetchLibtorch({ wheel, cuda, env: { HOME: home } });
  const libtorch = inspectLibtorch("cache", root);
  assert.ok(libtorch);
  return { home, libtorch };
}

const tree = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(root.length), readFileSync(file, "latin1")]),
  );

test("what was set up here is set up there, byte for byte", async () => {
  const { libtorch } = await machine({ files }, false);
  const file = join(scratch, "cpu.archive");
  const told: number[] = [];
  await writeArchive(libtorch, file, (done, total) => told.push(done / total));
  assert.equal(told.at(-1), 1);
  const there = { HOME: mkdtempSync(join(scratch, "there-")) };
  const root = await fetchLibtorch({ archive: file, env: there });
  assert.deepEqual(tree(root), tree(libtorch.root));
  assert.ok(Object.keys(tree(root)).length >= 5);
});

test("a CUDA build takes NVIDIA's libraries along, and is told from a CPU build", async () => {
  const cuda = { "torch/lib/libtorch_cuda.so": "c", "nvidia/cu13/lib/libcublas.so.13": "n" };
  const { libtorch } = await machine(
    { files: cuda, version: "2.13.0", requires: ["nvidia-cublas==13"] },
    true,
  );
  assert.equal(libtorch.cuda, true);
  const file = join(scratch, "cuda.archive");
  await writeArchive(libtorch, file);
  const there = { HOME: mkdtempSync(join(scratch, "there-")) };
  await assert.rejects(fetchLibtorch({ archive: file, env: there }), {
    code: "E_NO_LIBTORCH",
    message: /holds the CUDA build, the CPU build was asked for/,
  });
  const root = await fetchLibtorch({ archive: file, env: there, cuda: true });
  assert.deepEqual(tree(dirname(root)), tree(dirname(libtorch.root)));
});

test("a wheel is no archive, an archive no wheel, and half of one neither", async () => {
  const { home, libtorch } = await machine({}, false);
  const env = { HOME: mkdtempSync(join(scratch, "there-")) };
  const wheel = join(home, "x.whl");
  await assert.rejects(fetchLibtorch({ archive: wheel, env }), {
    code: "E_NO_LIBTORCH",
    message: /a wheel of torch, expected an archive .*--wheel FILE/,
  });
  const file = join(scratch, "small.archive");
  await writeArchive(libtorch, file);
  await assert.rejects(fetchLibtorch({ wheel: file, env }), {
    code: "E_NO_LIBTORCH",
    message: /--offline FILE/,
  });
  writeFileSync(file, readFileSync(file).subarray(0, 500));
  await assert.rejects(fetchLibtorch({ archive: file, env }), {
    code: "E_NO_LIBTORCH",
    message: /small\.archive: .*cut short/,
  });
});

test("an archive that cannot be written is refused by name", async () => {
  const { libtorch } = await machine({}, false);
  mkdirSync(join(scratch, "folder"));
  await assert.rejects(writeArchive(libtorch, join(scratch, "folder")), {
    code: "E_FORMAT",
    message: /folder: cannot be written/,
  });
});
