/** What the zip writer writes, read by our own reader and by Python's. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { withFile } from "../../../lib/core/byte-source.js";
import { readZipEntry } from "../../../lib/core/zip.js";
import { readZipDirectory } from "../../../lib/core/zip-directory.js";
import { ZipWriter } from "../../../lib/core/zip-writer.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { sha256Of } from "../../helpers/wheels.js";

const CONTENTS: Readonly<Record<string, Buffer>> = {
  "a/empty": Buffer.alloc(0),
  "a/text ü": Buffer.from("some text, some text, some text"),
  "large.bin": Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * i) & 0xff)),
};

test("entries come back equal, whoever reads them", async () => {
  const file = join(scratchFolder(), "x.zip");
  const handle = await open(file, "wx");
  const zip = new ZipWriter(handle);
  for (const [name, content] of Object.entries(CONTENTS)) {
    const pieces = [content.subarray(0, 9), content.subarray(9)].filter((piece) => piece.length > 0);
    const { sha256, bytes } = await zip.add(name, Readable.from(pieces));
    assert.deepEqual([sha256, bytes], [sha256Of(content), content.length]);
  }
  await zip.finish();
  await handle.close();
  await withFile(file, async (source) => {
    const entries = await readZipDirectory(source);
    assert.deepEqual([...entries.keys()], Object.keys(CONTENTS));
    for (const [name, entry] of entries)
      assert.deepEqual(Buffer.from(await readZipEntry(source, entry, 2 ** 20)), CONTENTS[name]);
  });
  const program = `import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist()}))`;
  const read = JSON.parse(execFileSync("python3", ["-c", program, file], { encoding: "utf8" })) as object;
  assert.deepEqual(
    read,
    Object.fromEntries(Object.entries(CONTENTS).map(([name, content]) => [name, sha256Of(content)])),
  );
});
