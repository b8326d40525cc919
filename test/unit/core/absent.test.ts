/** What is said of a name that is no file of this machine. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { noSuchFile } from "../../../lib/core/absent.js";

test("an address, a file: URL and standard input are told as what they are, also as a path made of them", () => {
  const told = (given: string, remedy: string) => {
    for (const path of [given, resolve(given)]) assert.equal(noSuchFile(path), `no such file: ${remedy}`);
  };
  for (const scheme of ["http", "https", "rtsp", "s3"])
    told(`${scheme}://host/x.mp4`, "only files of this machine are read, so download it first");
  told("file:///videos/x.mp4", "give the path itself instead of a file: URL");
  told("-", "standard input is not read, so write it into a file first");
  for (const path of ["a:/b.mp4", "/videos/a-.mp4", "/videos/http/x.mp4"])
    assert.equal(noSuchFile(path), "no such file");
});
