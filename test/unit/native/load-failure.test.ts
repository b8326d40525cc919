/** The dynamic linker's words, as glibc and Node write them, and what is made of them. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ANOTHER_LIBTORCH, loadFailure } from "../../../lib/native/load-failure.js";
import { addonPath } from "../../../lib/native/loader.js";
import type { Platform } from "../../../lib/native/platform.js";

const LOAD = new URL("../../../lib/native/load.js", import.meta.url).href;
const LOADER = new URL("../../../lib/native/loader.js", import.meta.url).href;
const OLD: Platform = { system: "linux", cpu: "x64", libc: "glibc", libcVersion: "2.17" };
const told = (words: string): string => loadFailure("a.node", new Error(words), { platform: OLD }).message;

describe("a library that does not load", () => {
  it("is told with the machine, the cause and the remedy", () => {
    const cases: [string, RegExp][] = [
      [
        "/lib64/libm.so.6: version `GLIBC_2.27' not found (required by /p/libtorch_cpu.so)",
        /on linux-x64 \(glibc 2\.17\): \/p\/libtorch_cpu\.so needs glibc 2\.27, this system has 2\.17; use a newer/,
      ],
      [
        "/lib64/libstdc++.so.6: version `GLIBCXX_3.4.21' not found (required by a.node)",
        /a\.node needs a libstdc\+\+ with GLIBCXX_3\.4\.21, an older one was found/,
      ],
      [
        "libgomp.so.1: cannot open shared object file: No such file or directory",
        /a\.node needs libgomp\.so\.1, which was not found/,
      ],
      [
        "libc10.so: cannot open shared object file: No such file or directory",
        /a\.node needs libc10\.so, which is not beside it; put another libtorch .*setup --remove/,
      ],
      [
        "/p/x.so: invalid ELF header",
        /: \/p\/x\.so is damaged or no library for this processor; install vqathinker anew/,
      ],
      ["/p/x.so: file too short", /is damaged/],
      ["a.node: undefined symbol: _ZN2at1f", /another build: _ZN2at1f is missing; .*npx vqathinker setup$/],
      ["something new", /the system says: something new; install vqathinker anew/],
    ];
    for (const [words, expected] of cases) assert.match(told(words), expected);
  });

  it("keeps the linker's own words", () => {
    const error = loadFailure("lib", new Error("something new"), {
      anew: ANOTHER_LIBTORCH.cache,
      platform: OLD,
    });
    assert.match(
      error.message,
      /something new; put another libtorch in its place: npx vqathinker setup --remove, then npx vqathinker setup$/,
    );
    assert.equal(error.code, "E_UNAVAILABLE");
    assert.equal(error.details["reason"], "something new");
  });

  it("that needs a newer glibc than this one is refused by the linker in the words that are understood", () => {
    const folder = mkdtempSync(join(tmpdir(), "vqat-linker-"));
    try {
      const out = (name: string): string => join(folder, name);
      writeFileSync(out("later.c"), "int later(void) { return 1; }");
      writeFileSync(out("later.map"), "GLIBC_9.99 { later; };");
      const soname = ["-Wl,-soname,libm.so.6", `-Wl,--version-script=${out("later.map")}`];
      execFileSync("cc", ["-shared", "-fPIC", "-nostdlib", ...soname, "-o", out("later.so"), out("later.c")]);
      writeFileSync(out("x.c"), "int later(void); int x(void) { return later(); }");
      execFileSync("cc", [
        "-shared",
        "-fPIC",
        "-o",
        out("vqathinker_loader.so"),
        out("x.c"),
        out("later.so"),
      ]);
      const program = `const { openLoader } = await import(${JSON.stringify(LOADER)});
        try { openLoader(process.argv[1]); } catch ({ code, message }) { console.log(code, message); }`;
      const args = ["--input-type=module", "--eval", program, out("vqathinker.node")];
      const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.match(stdout, /^E_UNAVAILABLE .*vqathinker_loader\.so needs glibc 9\.99, this system has \d/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("because Node may open none is told so", () => {
    const program = `const { load } = await import(${JSON.stringify(LOAD)});
      try { load(process.argv[1], process.env); } catch ({ code, message }) { console.log(code, message); }`;
    const args = ["--no-addons", "--input-type=module", "--eval", program, addonPath()];
    const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.match(stdout, /^E_UNAVAILABLE .*start it without --no-addons/);
  });
});
