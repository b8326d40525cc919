/** Nothing that is tracked ties the project to one machine, one network or one registry. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { findings, readSource, sourceFiles } from "../helpers/sources.js";

const CODE = /^(lib|native|test|scripts|examples|bench|\.ci)\/.*(\.(ts|mjs|h|cpp|cu|cuh|py|def|sh)|\/run)$/;
const BUILD = /^(CMakeLists\.txt|binding\.gyp|package\.json|tsconfig\.json|biome\.json|\.npmrc)$/;
const ANY_TEXT = /\.(ts|mjs|h|cpp|cu|cuh|py|def|sh|md|txt|gyp|json|jsonl|csv)$|^\.ci\/run$/;

const HERE = "test/house/portable.test.ts";
/** The constant with the address that PyTorch's installation page names. */
const WHEELS = "lib/libtorch/wheel-index.ts";
/** This machine itself, and names that are reserved for nobody, are none. */
const HOST = /\bhttps?:\/\/(?!127\.0\.0\.1\b|[\w.-]+\.invalid\b)[\w.-]+/;
const REGISTRY = /\b(registry\.\w+|npmjs|pypi|pythonhosted|download\.pytorch)\b/;
const MACHINE_PATH = /(^|[\s"'`=(:])\/(home|root|Users|work|tmp|mnt|workspace)\//;

function matching(paths: string[], pattern: RegExp): string[] {
  return findings(
    paths.filter((path) => path !== HERE),
    (line) => pattern.exec(line)?.[0] ?? null,
  );
}

function withoutLine(found: string): string {
  return found.replace(/:\d+:/, ":");
}

describe("tracked files", () => {
  it("name no host in code or build files but the one of PyTorch's CPU wheels, once", () => {
    const found = matching([...sourceFiles(CODE), ...sourceFiles(BUILD)], HOST);
    assert.deepEqual(found.map(withoutLine), [`${WHEELS}: https://download.pytorch.org`]);
  });

  it("name no package registry anywhere but that one", () => {
    assert.deepEqual(matching(sourceFiles(ANY_TEXT), REGISTRY).map(withoutLine), [
      `${WHEELS}: download.pytorch`,
    ]);
  });

  it("hold no path of one machine", () => {
    assert.deepEqual(matching(sourceFiles(ANY_TEXT), MACHINE_PATH), []);
  });
});

describe("the index", () => {
  it("holds no link: what it points to is not in a clone", () => {
    const entries = execFileSync("git", ["ls-files", "--stage"], { cwd: packageRoot(), encoding: "utf8" });
    assert.deepEqual(
      entries.split("\n").filter((line) => line.startsWith("120000 ")),
      [],
    );
  });
});

describe("package files", () => {
  const pkg = JSON.parse(readSource("package.json")) as {
    gypfile?: boolean;
    scripts: Record<string, string>;
  };

  it("run nothing at install", () => {
    assert.equal(pkg.gypfile, false);
    const hooks = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
    assert.deepEqual(
      hooks.filter((name) => name in pkg.scripts),
      [],
    );
  });

  it("have no script that npm takes for the hook of another: 'prebuild' would run before 'build'", () => {
    const names = Object.keys(pkg.scripts);
    const hooks = names.filter(
      (name) => names.includes(name.replace(/^(pre|post)/, "")) && /^(pre|post)/.test(name),
    );
    assert.deepEqual(hooks, []);
  });

  it("name in every script a file that exists or is compiled from one that does", () => {
    const files = Object.values(pkg.scripts).flatMap((line) => [...line.matchAll(/\bscripts\/\S+\.mjs/g)]);
    assert.ok(files.length > 0);
    for (const [file] of files) assert.ok(sourceFiles(/\.mjs$/).includes(file), file);
  });

  it("lock every package, those for other platforms too, and say of none where it came from", () => {
    interface Locked {
      readonly resolved?: string;
      /** A package of this repository. */
      readonly link?: boolean;
      readonly optionalDependencies?: Record<string, string>;
    }
    const { packages } = JSON.parse(readSource("package-lock.json")) as { packages: Record<string, Locked> };
    const fetched = Object.entries(packages).filter(
      ([, { resolved, link }]) => resolved !== undefined && link !== true,
    );
    assert.deepEqual(fetched, []);
    const optional = Object.values(packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    assert.deepEqual(
      optional.filter((name) => !(`node_modules/${name}` in packages)),
      [],
      "npm ci refuses such a lock file; make it again without node_modules",
    );
  });

  it("list no sources in binding.gyp", () => {
    const shim = readSource("binding.gyp").replace(/^\s*#.*$/gm, "");
    assert.doesNotMatch(shim, /"sources"|\.(cpp|cu|cc)\b/);
  });
});
