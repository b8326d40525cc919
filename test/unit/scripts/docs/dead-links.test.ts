/** Links planted in pages: those that lead nowhere are found, and no other. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { deadLinks } from "../../../../scripts/docs/dead-links.js";
import { scratchFolder } from "../../../helpers/video-files.js";

const SITE = ["https:", "", "example.org", "page"].join("/");

it("finds a page, a picture and a place in a page that are not there", () => {
  const site = scratchFolder();
  mkdirSync(join(site, "deep"));
  writeFileSync(join(site, "picture.svg"), "<svg/>");
  writeFileSync(
    join(site, "index.html"),
    `<h1 id="top">A</h1><a href="#top">1</a><a href="deep/page.html#a%20b">2</a><img src="picture.svg">
     <a href="${SITE}">3</a><a href="mailto:somebody@example.org">4</a>
     <a href="gone.html">5</a><img src="deep/gone.svg"><a href="#nowhere">6</a><a href="deep/page.html#nowhere">7</a>`,
  );
  writeFileSync(
    join(site, "deep", "page.html"),
    `<p id="a b"><a href="../index.html#top">up</a><a href="index.html">8</a></p>`,
  );
  assert.deepEqual(deadLinks(site).sort(), [
    "deep/page.html: index.html",
    "index.html: #nowhere",
    "index.html: deep/gone.svg",
    "index.html: deep/page.html#nowhere",
    "index.html: gone.html",
  ]);
});
