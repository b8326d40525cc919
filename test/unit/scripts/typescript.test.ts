/** `npm run build:ts` in a package of one file, whose dist/ is made from nothing: its command runs by its name. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

const COMMAND = '#!/usr/bin/env node\nprocess.stdout.write("it runs\\n");\n';

test("a dist/ made anew has commands that run by name, readable by whom the sources' copies are", () => {
  const dir = scratchFolder();
  copyFileSync(join(packageRoot(), "package.json"), join(dir, "package.json"));
  cpSync(join(packageRoot(), "scripts"), join(dir, "scripts"), { recursive: true });
  symlinkSync(join(packageRoot(), "node_modules"), join(dir, "node_modules"));
  mkdirSync(join(dir, "lib", "cli"), { recursive: true });
  writeFileSync(join(dir, "lib", "cli", "main.ts"), COMMAND);
  // The scripts in TypeScript need the library that is not here.
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify({ extends: "./base.json", include: ["lib"] }));
  copyFileSync(join(packageRoot(), "tsconfig.json"), join(dir, "base.json"));
  copyFileSync(join(packageRoot(), "tsconfig.package.json"), join(dir, "tsconfig.package.json"));

  const run = (program: string, ...args: string[]) =>
    spawnSync(program, args, { cwd: dir, encoding: "utf8" });
  const built = run("npm", "run", "build:ts");
  assert.equal(built.status, 0, `${built.stdout}${built.stderr}`);
  const command = join(dir, "dist", "lib", "cli", "main.js");
  assert.equal(statSync(command).mode & 0o111, (statSync(command.replace(/js$/, "d.ts")).mode & 0o444) >> 2);
  // What is packed must not name source maps, as none are.
  assert.deepEqual(readdirSync(join(dir, "dist", "lib", "cli")).sort(), ["main.d.ts", "main.js"]);
  assert.doesNotMatch(readFileSync(command, "utf8"), /sourceMappingURL/);
  const { stdout, stderr } = run("npx", "--no-install", "vqathinker");
  assert.equal(stdout, "it runs\n", stderr);
});
