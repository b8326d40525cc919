/** Absent is not unreadable: a link that leads nowhere was meant to be a file. */
import assert from "node:assert/strict";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { noSuchFile } from "../../../lib/core/absent.js";
import { withFile } from "../../../lib/core/byte-source.js";
import { readJsonFile, readJsonIfThere } from "../../../lib/core/json.js";
import { isFile, readIfThere } from "../../../lib/core/text-file.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

test("a link that leads nowhere is refused where an absent file would be passed over", async () => {
  const [absent, link, file] = ["absent", "link", "file"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  symlinkSync("../blobs/abc", link);
  writeFileSync(file, "{}");
  assert.equal(await isFile(absent), false);
  assert.equal(await isFile(dir), false);
  assert.equal(await isFile(file), true);
  assert.equal(await readIfThere(absent), null);
  const nowhere = {
    code: "E_FORMAT",
    message: /link: (.*: )?a link to \.\.\/blobs\/abc, which is not there$/,
  };
  for (const read of [isFile, readIfThere, readJsonIfThere, readJsonFile])
    await assert.rejects(async () => read(link), nowhere);
  await assert.rejects(
    withFile(link, async () => 0),
    nowhere,
  );
  await assert.rejects(readJsonFile(absent), { code: "E_FORMAT", message: /absent: no such file$/ });
});

test("a name that Node could not read is told as one", () => {
  assert.equal(noSuchFile("a.mp4"), "no such file");
  assert.match(noSuchFile("caf\ufffd.mp4"), /not UTF-8, rename it \(convmv/);
});
