/** What `setup --build` says where the tools of a build are not installed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";

const TOOLS = new URL("scripts/build-tools.mjs", `file://${packageRoot()}/`).href;
const PROGRAM = `const { buildTools } = await import(${JSON.stringify(TOOLS)});
try { console.log(JSON.stringify(buildTools({ from: JSON.parse(process.argv[1]) }))); }
catch (error) { console.log(JSON.stringify({ message: error.message, stack: error.constructor.name })); }`;

interface Told {
  readonly cmakeJs?: string;
  readonly nodeApi?: string;
  readonly message?: string;
  readonly stack?: string;
}

describe("the tools of a build from source", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vqat-tools-"));
    writeFileSync(join(folder, "package.json"), "{}");
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const told = (from: string[], path = process.env["PATH"]): Told => {
    const args = ["--input-type=module", "--eval", PROGRAM, JSON.stringify(from)];
    const { stdout } = spawnSync(process.execPath, args, { env: { PATH: path }, encoding: "utf8" });
    return JSON.parse(stdout) as Told;
  };

  it("are those of the checkout", () => {
    const { cmakeJs, nodeApi } = told([packageRoot()]);
    assert.match(cmakeJs ?? "", /node_modules.cmake-js.bin.cmake-js$/);
    assert.match(nodeApi ?? "", /node_modules.node-api-headers.include$/);
  });

  it("are found in any of the folders, and the one command names all when one is missing", () => {
    mkdirSync(join(folder, "node_modules"));
    for (const name of ["cmake-js", "node-addon-api"])
      symlinkSync(join(packageRoot(), "node_modules", name), join(folder, "node_modules", name));
    const { message, stack } = told([folder]);
    assert.equal(stack, "StepError");
    assert.match(
      message ?? "",
      /not installed: node-api-headers; run: npm install --save-dev cmake-js@\d+ node-addon-api@\d+ node-api-headers@\d+$/,
    );
    assert.ok(told([folder, packageRoot()]).cmakeJs?.includes("cmake-js"));
  });

  it("include a compiler and CMake", () => {
    const { message } = told([packageRoot()], folder);
    assert.match(message ?? "", /not here: cmake, g\+\+\. On Debian: apt-get install cmake g\+\+ make$/);
  });
});
