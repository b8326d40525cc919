/** Folders made one by one, and errors of the system as ours. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cannotBeWritten, makeFolder, syncTree } from "../../../lib/core/durable.js";
import { EngineError } from "../../../lib/core/errors.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

test("folders are made as deep as they are named, through links, and may be there", async () => {
  await makeFolder(join(dir, "a", "b", "c"));
  await makeFolder(join(dir, "a", "b", "c"));
  symlinkSync(join(dir, "a"), join(dir, "link"));
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(dir, "link", "d", "e"))));
  assert.ok(statSync(join(dir, "a", "d", "e")).isDirectory());
  await syncTree(dir);
});

test("what stands in the way is named", async () => {
  const file = join(dir, "plain");
  writeFileSync(file, "stays");
  symlinkSync(join(dir, "nowhere"), join(dir, "dangling"));
  symlinkSync(join(dir, "ring"), join(dir, "ring"));
  for (const path of [file, join(file, "x"), join(file, "x", "y")])
    await rejects(makeFolder(path), path, new RegExp(`^: cannot be written: ${file} is no folder$`));
  const dangling = join(dir, "dangling");
  await rejects(
    makeFolder(join(dangling, "x")),
    join(dangling, "x"),
    /^: cannot be written: \S+dangling is no folder$/,
  );
  await rejects(makeFolder(join(dir, "ring", "x")), join(dir, "ring", "x"), /^: cannot be written: ELOOP/);
  const long = join(dir, "n".repeat(300));
  await rejects(makeFolder(long), long, /^: cannot be written: ENAMETOOLONG/);
  assert.equal(readFileSync(file, "utf8"), "stays");
});

// Node's own recursion turns round for ever there.
test("a system that takes no folder says so", {
  skip: existsSync("/proc/self") ? false : "needs /proc",
}, async () => {
  await rejects(makeFolder("/proc/no/such"), "/proc/no/such", /^: cannot be written: ENOENT/);
});

test("only errors of the system become refusals", () => {
  const own = new EngineError("E_NUMERIC", "not finite");
  const plain = new Error("a user's own");
  const coded = Object.assign(new Error("a library's own"), { code: "ERR_X" });
  for (const error of [own, plain, coded, "text"])
    assert.throws(
      () => cannotBeWritten("f", error),
      (thrown) => thrown === error,
    );
  mkdirSync(join(dir, "full"));
  const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
  assert.throws(() => cannotBeWritten("f", full), {
    code: "E_FORMAT",
    message: "f: cannot be written: ENOSPC: no space left",
  });
});
