/** Fetching libtorch: wheels made here by Python's zipfile, and a pip that is told to find nothing. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { EngineError, type ErrorCode } from "../../../lib/core/errors.js";
import { fetchLibtorch, readWheel } from "../../../lib/libtorch/fetch-libtorch.js";
import { cachedRoot, cacheFolder } from "../../../lib/libtorch/libtorch.js";

const MAKE_WHEEL = `
import sys, zipfile
path, version, requires = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(path, "w") as wheel:
    head = "Metadata-Version: 2.4\\nName: torch\\nVersion: " + version + "\\n"
    wheel.writestr("torch-x.dist-info/METADATA", head + "".join("Requires-Dist: " + r + "\\n" for r in requires))
    major, minor, patch = version.split("+")[0].split(".")
    parts = (("MAJOR", major), ("MINOR", minor), ("PATCH", patch))
    header = "".join("#define TORCH_VERSION_%s %s\\n" % part for part in parts)
    wheel.writestr("torch/include/torch/headeronly/version.h", header)
    wheel.writestr("torch/lib/libtorch_cpu.so", "library")
    wheel.writestr("torch/share/cmake/note", "kept")
    wheel.writestr("torch/nn/__init__.py", "dropped")
    wheel.writestr("torch/bin/protoc", "dropped")
`;

let home: string;
let env: Record<string, string>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "vqat-fetch-"));
  env = { PATH: process.env["PATH"] ?? "", HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function makeWheel(version: string, ...requires: string[]): string {
  const file = join(home, "torch.whl");
  execFileSync("python3", ["-c", MAKE_WHEEL, file, version, ...requires]);
  return file;
}

function coded(code: ErrorCode, ...parts: string[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `'${part}' in: ${error.message}`);
    return true;
  };
}

/** The cache holds no half-fetched folder. */
function assertNothingLeft(): void {
  assert.deepEqual(existsSync(cacheFolder(env)) ? readdirSync(cacheFolder(env)) : [], []);
}

describe("fetchLibtorch", () => {
  it("keeps lib, include and share of a given wheel, and the second call does nothing", async () => {
    const wheel = makeWheel("2.13.0+cpu", "filelock", 'pyyaml; extra == "pyyaml"');
    const root = await fetchLibtorch({ wheel, env });
    assert.equal(root, cachedRoot("2.13.0", false, env));
    assert.deepEqual(readdirSync(root).sort(), ["include", "lib", "share"]);
    assert.deepEqual(readdirSync(cacheFolder(env)), ["libtorch-2.13.0"]);

    const lines: string[] = [];
    assert.equal(await fetchLibtorch({ env, log: (line) => lines.push(line) }), root);
    assert.deepEqual(lines, [`libtorch 2.13.0 is already in ${root}`]);
  });

  it("refuses a CUDA wheel unless it was asked for, naming the requirement", async () => {
    const wheel = makeWheel("2.13.0", 'nvidia-cublas==13.0; platform_system == "Linux"');
    await assert.rejects(
      fetchLibtorch({ wheel, env }),
      coded("E_NO_LIBTORCH", "nvidia-cublas==13.0", "--cuda"),
    );
    assertNothingLeft();
    assert.equal(await fetchLibtorch({ wheel, env, cuda: true }), cachedRoot("2.13.0", true, env));
  });

  it("refuses another minor version", async () => {
    const wheel = makeWheel("2.11.0+cpu");
    await assert.rejects(
      fetchLibtorch({ wheel, env }),
      coded("E_TORCH_VERSION", "2.11.0+cpu", "2.13", wheel),
    );
    assertNothingLeft();
  });

  it("refuses a file that is no wheel", async () => {
    const wheel = join(home, "torch.whl");
    writeFileSync(wheel, "not a zip");
    await assert.rejects(fetchLibtorch({ wheel, env }), coded("E_NO_LIBTORCH", wheel));
    assertNothingLeft();
  });

  it("tells pip's own words and the ways out when pip finds no CPU build", async () => {
    const offline = { ...env, PIP_NO_INDEX: "1", PIP_CONFIG_FILE: "/dev/null" };
    await assert.rejects(
      fetchLibtorch({ env: offline }),
      coded(
        "E_NO_LIBTORCH",
        "torch==2.13.0+cpu",
        "No matching distribution",
        "--wheel",
        "VQAT_LIBTORCH",
        "--cuda",
      ),
    );
    assertNothingLeft();
  });

  it("says what to install when there is no Python", async () => {
    await assert.rejects(
      fetchLibtorch({ env: { HOME: home, PATH: home } }),
      coded("E_NO_LIBTORCH", "python3-pip"),
    );
  });
});

it("readWheel gives version and requirements without markers and extras", async () => {
  const wheel = makeWheel(
    "2.13.0+cpu",
    "sympy>=1.13.3",
    'jinja2; python_version > "3"',
    'optree; extra == "optree"',
  );
  assert.deepEqual(await readWheel(wheel), { version: "2.13.0+cpu", requires: ["sympy>=1.13.3", "jinja2"] });
});
