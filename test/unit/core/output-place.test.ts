/** Outputs that cannot be, and two names of one place. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { makeFolder } from "../../../lib/core/durable.js";
import {
  checkOutput,
  checkOutputFolder,
  isFileToBe,
  realPlace,
  refuseOverlap,
} from "../../../lib/core/output-place.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const at = (...names: string[]) => join(dir, ...names);
writeFileSync(at("plain"), "text");
mkdirSync(at("folder"));
symlinkSync("folder", at("to-folder"));
symlinkSync("plain", at("to-plain"));
symlinkSync("nowhere/yet.csv", at("dangling"));
symlinkSync("round", at("round"));
linkSync(at("plain"), at("hard"));

const refused = (path: string, found: RegExp) =>
  assert.rejects(checkOutput({ name: "csv", path }), (error: { code: string; message: string }) => {
    assert.equal(error.code, "E_OPTION");
    assert.ok(
      error.message.startsWith("option csv: expected a file that can be written, found"),
      error.message,
    );
    assert.match(error.message, found);
    return true;
  });

test("what cannot be written is refused with its reason, and nothing is left of the trial", async () => {
  await refused(at("folder"), /"; .*folder is a folder$/);
  await refused(at("to-folder"), /folder is a folder$/);
  await refused("", /a name is needed$/);
  await refused(at("new/"), /is a folder's name$/);
  await refused(at("plain", "r.csv"), /plain is no folder$/);
  await refused(at("to-plain", "r.csv"), /plain is no folder$/);
  await refused(at("plain", "deeper", "r.csv"), /plain is no folder$/);
  await refused(at("round"), /ELOOP/);
  await refused(at("x".repeat(300)), /ENAMETOOLONG: name too long$/);
  // A few characters are left for the neighbour that is written first.
  await refused(at("x".repeat(254)), /ENAMETOOLONG/);
  await refused("/proc/nothing/of/this/r.csv", /; in \/proc no file can be made$/);
  assert.deepEqual(readdirSync(at("folder")), []);
  assert.equal(readFileSync(at("plain"), "utf8"), "text");
});

test("a name of which only the broken letters came is refused, unless something is called so", async () => {
  const says = /"; \/.*d\ufffdr: no such file under this name: .* not UTF-8, rename it \(convmv/;
  await refused(at("d\ufffdr", "r.csv"), says);
  await refused(at("folder", "d\ufffdr"), says);
  await refused(at("folder", "d\ufffdr", "deeper", "r.csv"), says);
  const folder = checkOutputFolder({ name: "out", path: at("d\ufffdr", "run") });
  await assert.rejects(folder, {
    code: "E_OPTION",
    message: /^option out: .*d\ufffdr: no such file under this name/,
  });
  await assert.rejects(makeFolder(at("d\ufffdr", "saved")), {
    code: "E_FORMAT",
    message: /saved: cannot be written: .*d\ufffdr: no such file under this name/,
  });
  assert.deepEqual(existsSync(at("d\ufffdr")), false);
  mkdirSync(at("so\ufffd"));
  assert.equal(await checkOutput({ name: "csv", path: at("so\ufffd", "r.csv") }), at("so\ufffd", "r.csv"));
  await checkOutputFolder({ name: "out", path: at("so\ufffd", "run") });
  await makeFolder(at("so\ufffd", "made"));
});

test("a folder below a link that leads nowhere is refused, the link named; one that leads to a folder is taken", async () => {
  for (const path of ["dangling", "dangling/", "dangling/deeper/run", "round"]) {
    await assert.rejects(checkOutputFolder({ name: "out", path: at(path) }), {
      code: "E_OPTION",
      message:
        /^option out: expected a folder that can be written, found ".*"; .*(dangling is a link that leads nowhere|ELOOP.*)$/,
    });
  }
  for (const path of ["to-folder", "to-folder/new/run", "new/run"])
    await checkOutputFolder({ name: "out", path: at(path) });
  assert.ok(!existsSync(at("nowhere")) && !existsSync(at("new")));
});

test("a file that may not be written is refused", {
  skip: process.getuid?.() === 0 ? "root may" : false,
}, async () => {
  writeFileSync(at("kept"), "");
  chmodSync(at("kept"), 0o444);
  await refused(at("kept"), /EACCES/);
  mkdirSync(at("closed"), { mode: 0o555 });
  await refused(at("closed", "r.csv"), /EACCES/);
});

test("the trial that a killed process left goes with the next one", async () => {
  mkdirSync(at("tried"));
  for (const name of ["r.csv", "tried"]) writeFileSync(at("tried", `${name}.part-${2 ** 22 + 1}-0`), "");
  await checkOutput({ name: "csv", path: at("tried", "r.csv") });
  await checkOutputFolder({ name: "out", path: at("tried") });
  assert.deepEqual(readdirSync(at("tried")), []);
});

test("nothing is made, links are followed, what is there stays", async () => {
  assert.equal(await checkOutput({ name: "csv", path: at("a", "b", "r.csv") }), at("a", "b", "r.csv"));
  assert.equal(await checkOutput({ name: "csv", path: at("dangling") }), at("nowhere", "yet.csv"));
  assert.ok(!existsSync(at("nowhere")) && !existsSync(at("a")));
  assert.equal(await checkOutput({ name: "csv", path: at("to-plain") }), at("plain"));
  assert.equal(readFileSync(at("plain"), "utf8"), "text");
  assert.equal(await checkOutput({ name: "csv", path: "/dev/null" }), "/dev/null");
  assert.deepEqual(await Promise.all(["/dev/null", at("folder"), at("plain"), at("none")].map(isFileToBe)), [
    false,
    false,
    true,
    true,
  ]);
  assert.equal(await realPlace(at("to-folder", "..", "to-folder", "new", "x")), at("folder", "new", "x"));
});

test("an output that is an input, or another output, is refused by whatever name", async () => {
  const csv = (path: string) => ({ name: "csv", path });
  const data = (path: string) => ({ name: "data", path });
  for (const path of ["hard", "to-plain", "folder/../plain", "to-folder/../plain"]
    .map((name) => at(name))
    .concat(relative(process.cwd(), at("plain"))))
    await assert.rejects(refuseOverlap([csv(path)], [data(at("folder")), data(at("plain"))]), {
      code: "E_OPTION",
      message: /^option csv: expected another file than that of data, found ".*"; .*plain would be lost$/,
    });
  for (const path of ["to-folder/new.csv", "./folder/new.csv", "folder/./new.csv"])
    await assert.rejects(
      refuseOverlap([csv(at("folder/new.csv")), { name: "predictions", path: `${dir}/${path}` }], []),
      {
        code: "E_OPTION",
        message:
          /^option predictions: expected another file than that of csv, .*folder\/new.csv is written there, too$/,
      },
    );
  await refuseOverlap([csv(at("one")), { name: "predictions", path: at("two") }], [data(at("plain"))]);
  await refuseOverlap([], [data(at("plain")), data(at("plain"))]);
});
