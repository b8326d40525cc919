/** How long a library must be by its headers: of files made up here, of our own, and of every one in this process. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { type Cut, cutOf } from "../../../lib/native/elf.js";
import { librariesToOpen } from "../../../lib/native/libraries.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { madeUpElf } from "../../helpers/made-up-elf.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();

function cutOfBytes(bytes: Uint8Array): Cut | null {
  const file = join(scratch, "x.so");
  writeFileSync(file, bytes);
  return cutOf(file);
}

test("a file is whole at its full length and at no other", () => {
  const whole = madeUpElf();
  assert.equal(cutOfBytes(whole), null);
  assert.equal(cutOfBytes(Buffer.concat([whole, Buffer.alloc(7)])), null, "what lies behind harms nobody");
  for (let found = 6; found < whole.length; found++) {
    const cut = cutOfBytes(whole.subarray(0, found));
    assert.equal(cut?.found, found);
    assert.ok(cut.expected > found && cut.expected <= whole.length, `${found}: ${cut.expected}`);
  }
  assert.deepEqual(cutOfBytes(whole.subarray(0, whole.length - 1)), {
    expected: whole.length,
    found: whole.length - 1,
  });
});

test("without a table of sections the last segment says it, however far away it ends", () => {
  const between = new Uint8Array(1000);
  const at = 64 + 2 * 56;
  const ends = (bytes: number | bigint) =>
    cutOfBytes(
      madeUpElf({
        sections: 0,
        between,
        segments: [
          [0, at],
          [at, bytes],
        ],
      }),
    );
  assert.equal(ends(1000), null);
  assert.deepEqual(ends(1001), { expected: at + 1001, found: at + 1000 });
  assert.ok((ends(2n ** 63n)?.expected ?? 0) > 2 ** 62);
});

test("what is no such library is left to the system's own loader", () => {
  const elf = madeUpElf();
  const other = (at: number, value: number) => {
    const bytes = Buffer.from(elf.subarray(0, 100));
    bytes[at] = value;
    return bytes;
  };
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from("not a library"),
    elf.subarray(0, 4),
    other(4, 1),
    other(5, 2),
    other(1, 0),
  ])
    assert.equal(cutOfBytes(bytes), null);
  for (const file of [join(scratch, "none.so"), scratch, "/dev/null"]) assert.equal(cutOf(file), null, file);
});

test("no whole library of this machine is taken for a cut one", () => {
  const mapped = readFileSync("/proc/self/maps", "utf8").matchAll(/ (\/.*\.(?:so|node)[.\d]*)$/gm);
  const addon = addonPath();
  const own = [
    addon,
    join(dirname(addon), "vqathinker_loader.so"),
    join(dirname(addon), "vqathinker_cuda.so"),
  ];
  const libtorch = librariesToOpen(findLibtorch(openLoader(addon).builtFor));
  const files = [...new Set([...mapped].map(([, file = ""]) => file)), process.execPath, ...own, ...libtorch];
  assert.ok(files.length > own.length + 5, files.join());
  assert.deepEqual(
    files.filter((file) => cutOf(file) !== null),
    [],
  );
});

test("our own addon without its last byte is cut, and readelf says the same end", () => {
  const file = join(mkdtempSync(join(scratch, "own-")), "vqathinker.node");
  const whole = readFileSync(addonPath());
  const facts = execFileSync("readelf", ["-hW", addonPath()], { encoding: "utf8" });
  const number = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(facts)?.[1]);
  const end =
    number("Start of section headers") +
    number("Size of section headers") * number("Number of section headers");
  writeFileSync(file, whole.subarray(0, end - 1));
  assert.deepEqual(cutOf(file), { expected: end, found: end - 1 });
});
