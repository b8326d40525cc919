/** What is said of a name that is no file of this machine. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { noSuchFile } from "../../../lib/core/absent.js";

test("an address, a file: URL and standard input are told as what they are, also as a path made of them", () => {
  for (const scheme of ["http", "https", "rtsp", "s3"]) {
    const url = `${scheme}://host/x.mp4`;
    for (const path of [url, resolve(url)])
      assert.match(
        noSuchFile(path),
        /^no such file: only files of this machine are read, so download it first$/,
      );
  }
  for (const path of ["file:///videos/x.mp4", resolve("file:///videos/x.mp4")])
    assert.match(noSuchFile(path), /^no such file: give the path itself instead of a file: URL$/);
  for (const path of ["-", resolve("-")])
    assert.match(
      noSuchFile(path),
      /^no such file: standard input is not read, so write it into a file first$/,
    );
  for (const path of ["a:/b.mp4", "/videos/a-.mp4", "/videos/http/x.mp4"])
    assert.equal(noSuchFile(path), "no such file");
});
