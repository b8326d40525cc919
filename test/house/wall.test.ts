/** The two lists of native calls are one list, and the error codes are the same set in three places. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ERROR_CODES } from "../../lib/core/errors.js";
import { ABI_VERSION, CALLS } from "../../lib/native/binding.js";
import { nativeBinding } from "../../lib/native/load.js";
import { readSource, sourceFiles } from "../helpers/sources.js";

describe("the wall", () => {
  it("registers the calls of binding.ts, in its order, under its version", () => {
    assert.deepEqual(Object.keys(nativeBinding()), [...CALLS]);
    assert.deepEqual(nativeBinding().info().calls, [...CALLS]);
    assert.equal(nativeBinding().info().abiVersion, ABI_VERSION);
  });
});

describe("error codes", () => {
  const codes = Object.keys(ERROR_CODES);

  it("are each explained in docs/errors.md, in the same order", () => {
    const headings = [...readSource("docs/errors.md").matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
    assert.deepEqual(headings, codes);
  });

  it("are each reached from docs/troubleshooting.md, which knows no other", () => {
    const named = [...readSource("docs/troubleshooting.md").matchAll(/\[(E_\w+)\]\(errors\.md#(\w+)\)/g)];
    for (const [link, code, place] of named) assert.equal(code?.toLowerCase(), place, link);
    const reached = new Set(named.map(([, code]) => code ?? ""));
    assert.deepEqual([...reached].sort(), [...codes].sort());
  });

  it("of native code are all known to TypeScript", () => {
    const native = [...readSource("native/base/error_codes.def").matchAll(/VQAT_CODE\((\w+)\)/g)];
    assert.ok(native.length > 0);
    assert.deepEqual(
      native.map((match) => match[1] ?? "").filter((code) => !codes.includes(code)),
      [],
    );
  });

  it("that a comment or message names exist", () => {
    const unknown = sourceFiles(/^(lib|native|docs)\/.*\.(ts|h|cpp|cu|md)$/).flatMap((path) =>
      [...readSource(path).matchAll(/\bE_[A-Z]+(_[A-Z]+)*\b/g)]
        .map((match) => match[0])
        .filter((code) => !codes.includes(code))
        .map((code) => `${path}: ${code}`),
    );
    assert.deepEqual(unknown, []);
  });
});
