/** A libtorch that opens and tells its version, and can do nothing else: compiled once for each process of tests. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "./stand-in-driver.js";
import { torchWheel } from "./wheels.js";

/** What it does when it is opened, in C. */
const CONDUCTS = {
  opens: "",
  /** As a library does whose bytes are not what they were. */
  crashes:
    '#include <signal.h>\n#include <stdio.h>\n__attribute__((constructor)) static void at_once(void) { fputs("unwell\\n", stderr); raise(SIGBUS); }',
} as const;
type Conduct = keyof typeof CONDUCTS;

const made = new Map<string, Buffer>();

/** Bytes of its libtorch_cpu.so. @param version  "2.13.0", as it tells it itself. */
export function madeUpLibtorch(version = "2.13.0", conduct: Conduct = "opens"): Buffer {
  const key = `${version} ${conduct}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), "vqat-made-up-"));
  try {
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    const abi = (BigInt(major) << 56n) | (BigInt(minor) << 48n) | (BigInt(patch) << 40n);
    const file = join(folder, "libtorch_cpu.so");
    compile(file, `${CONDUCTS[conduct]}\nunsigned long aoti_torch_abi_version(void) { return ${abi}ul; }`);
    const bytes = readFileSync(file);
    made.set(key, bytes);
    return bytes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As torchWheel, with this library in it. */
export function openableWheel(
  library: Uint8Array = madeUpLibtorch(),
  more: Parameters<typeof torchWheel>[0] = {},
): Uint8Array {
  return torchWheel({ ...more, files: { "torch/lib/libtorch_cpu.so": library, ...more.files } });
}
