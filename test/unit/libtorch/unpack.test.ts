/** Unpacking of wheels that are not what they claim: nothing leaves the folder, and nothing is larger than it says. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { unpackWheel } from "../../../lib/libtorch/unpack.js";
import { withWheel } from "../../../lib/libtorch/wheel.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { noise, torchWheel, type WheelFacts } from "../../helpers/wheels.js";

const scratch = scratchFolder();

async function unpacked(facts: WheelFacts, change = (bytes: Buffer) => bytes): Promise<string> {
  const dir = mkdtempSync(join(scratch, "unpack-"));
  const file = join(dir, "x.whl");
  writeFileSync(file, change(Buffer.from(torchWheel(facts))));
  const target = join(dir, "target");
  await withWheel(file, (wheel) => unpackWheel(wheel, target));
  return target;
}

const LARGE = noise(3 * 2 ** 20);

test("a large file comes piece by piece and equal, and is told of as it comes", async () => {
  for (const zip64 of [false, true]) {
    const target = await unpacked({
      files: { "torch/lib/large.so": LARGE, "nvidia/cu13/lib/x.so": "n" },
      zip64,
    });
    assert.deepEqual(readFileSync(join(target, "torch/lib/large.so")), LARGE);
    assert.equal(readFileSync(join(target, "nvidia/cu13/lib/x.so"), "utf8"), "n");
    assert.equal(existsSync(join(target, "torch/nn")), false);
  }
});

test("a name that leads out of the folder is refused before anything is written", async () => {
  for (const name of [
    "torch/lib/../../../out",
    "torch/lib//x",
    "torch/lib/./x",
    "torch/lib/a\\..\\x",
    "nvidia/../../x",
  ]) {
    await assert.rejects(unpacked({ files: { [name]: "x" } }), (error: { code: string; message: string }) => {
      assert.equal(error.code, "E_NO_LIBTORCH");
      assert.match(error.message, /is no plain path inside the wheel/);
      const file = /^(.*x\.whl): /.exec(error.message)?.[1] ?? "";
      assert.equal(existsSync(join(dirname(file), "target")), false);
      return true;
    });
  }
});

test("a large file with other bytes, or more than it claims, is refused", async () => {
  const files = { "torch/lib/large.so": LARGE };
  const other = (honest: string) => honest.replace(/(large\.so,sha256=)./, "$1_");
  await assert.rejects(
    unpacked({ files, record: other }),
    /large\.so: its SHA-256 is \w{64}, the wheel's RECORD says/,
  );
  // The size in the directory, which stands alone behind the packed one.
  const shorter = (bytes: Buffer) => {
    const claim = Buffer.alloc(4);
    claim.writeUInt32LE(LARGE.length);
    const at = bytes.lastIndexOf(claim);
    bytes.writeUInt32LE(2 ** 20 + 1, at);
    return bytes;
  };
  await assert.rejects(
    unpacked({ files }, shorter),
    /large\.so: unpacks to more than the 1048577 bytes it claims/,
  );
  const longer = (bytes: Buffer) => {
    const claim = Buffer.alloc(4);
    claim.writeUInt32LE(LARGE.length);
    bytes.writeUInt32LE(LARGE.length + 1, bytes.lastIndexOf(claim));
    return bytes;
  };
  await assert.rejects(unpacked({ files }, longer), /large\.so: unpacks to \d+ bytes, it claims \d+/);
});

/** As somebody who must ask before writing, which root need not. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

test("a folder that cannot be written to is not the wheel's fault", async () => {
  for (const large of [false, true]) {
    const dir = mkdtempSync(join(scratch, "closed-"));
    for (const folder of [scratch, dir]) chmodSync(folder, 0o755);
    const file = join(dir, "x.whl");
    writeFileSync(file, torchWheel({ files: { "torch/lib/libtorch_cpu.so": large ? LARGE : "small" } }));
    const closed = join(dir, "target", "torch", "lib");
    mkdirSync(closed, { recursive: true });
    chmodSync(join(dir, "target"), 0o777);
    chmodSync(closed, 0o555);
    const work = withWheel(file, (wheel) => asNobody(() => unpackWheel(wheel, join(dir, "target"))));
    await assert.rejects(work, (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, "EACCES");
      assert.equal(error.path, join(closed, "libtorch_cpu.so"));
      return true;
    });
  }
});

test("packed bytes that are broken are refused by name", async () => {
  const broken = (bytes: Buffer) => {
    const at = bytes.indexOf("torch/lib/large.so") + 200;
    return bytes.fill(0xff, at, at + 64);
  };
  await assert.rejects(
    unpacked({ files: { "torch/lib/large.so": LARGE } }, broken),
    /x\.whl: torch\/lib\/large\.so: (cannot be unpacked|unpacks to|its SHA)/,
  );
});
