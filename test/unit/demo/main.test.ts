/** The demonstration as a process, as far as it goes without rendering anything. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { scratchFolder } from "../../helpers/video-files.js";

test("a file for the numbers that cannot be written is refused before minutes are spent on them", () => {
  const dir = scratchFolder();
  mkdirSync(join(dir, "folder"));
  const main = join(packageRoot(), "dist", "lib", "demo", "main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--json", "folder"], {
    cwd: dir,
    encoding: "utf8",
    env: { ...process.env, VQAT_LIBTORCH: "/nowhere" },
  });
  assert.match(stderr, /^E_OPTION: option --json: .*folder is a folder\n$/);
  assert.deepEqual([status, stdout, readdirSync(dir)], [1, "", ["folder"]]);
});
