/** What a library's CUDA code is for: of a library that an assembler wrote, and of our own where nvcc built it. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { architecturesOf, covers } from "../../../lib/native/architectures.js";
import { addonPath } from "../../../lib/native/loader.js";
import { compile } from "../../helpers/stand-in-driver.js";

const KERNELS = join(dirname(addonPath()), "vqathinker_cuda.so");

/** A container with an entry of each [kind, capability, bytes of code]; header sizes as nvcc's, which differ by kind. */
function container(entries: readonly (readonly [kind: number, capability: number, bytes: number])[]): string {
  const headers = entries.map(([kind]) => (kind === 1 ? 80 : 64));
  const size = entries.reduce((sum, [, , bytes], i) => sum + (headers[i] ?? 0) + bytes, 0);
  const rows = entries.map(
    ([kind, capability, bytes], i) => `
      .short ${kind}, 0x101
      .long ${headers[i]}
      .quad ${bytes}
      .zero 12
      .long ${capability}
      .zero ${(headers[i] ?? 0) - 32}
      .fill ${bytes}, 1, 0x50`,
  );
  return `.long 0xba55ed50
      .short 1, 16
      .quad ${size}${rows.join("")}`;
}

describe("architecturesOf", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vqat-code-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("reads every entry of every container, with gaps between them", () => {
    const section = [
      container([
        [2, 90, 40],
        [1, 90, 8],
      ]),
      ".zero 24",
      container([
        [2, 80, 16],
        [2, 90, 16],
      ]),
    ];
    const file = join(folder, "planted.so");
    compile(
      file,
      `__asm__(${JSON.stringify(`.section .nv_fatbin,"a"\n.balign 8\n${section.join("\n")}\n.text\n`)});`,
    );
    assert.deepEqual(architecturesOf(file), { machine: [80, 90], portable: [90] });
  });

  it("finds none in a library without such code and in what is no library", () => {
    const file = join(folder, "plain.so");
    compile(file, "int nothing;");
    assert.equal(architecturesOf(file), null);
    writeFileSync(file, "no library");
    assert.equal(architecturesOf(file), null);
  });

  const skip = existsSync(KERNELS) ? false : "no CUDA compiler built the kernels";
  it("finds in our own what CMakeLists.txt asks nvcc for", { skip }, () => {
    assert.deepEqual(architecturesOf(KERNELS), { machine: [80, 90], portable: [80, 90] });
  });
});

describe("covers", () => {
  it("takes machine code within its major version, from its minor one on, and portable code from its own on", () => {
    const machine = { machine: [80, 86], portable: [] };
    assert.deepEqual(
      [75, 80, 86, 89, 90].map((card) => covers(machine, card)),
      [false, true, true, true, false],
    );
    const portable = { machine: [], portable: [86] };
    assert.deepEqual(
      [80, 86, 90, 120].map((card) => covers(portable, card)),
      [false, true, true, true],
    );
  });
});
