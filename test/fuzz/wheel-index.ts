/** Fuzz target: pages of an index of wheels. What is chosen is on the page, for this machine, and has a sum. */
import assert from "node:assert/strict";
import type { Draws } from "../../lib/core/rng.js";
import { choose, linksIn } from "../../lib/libtorch/wheel-index.js";
import { once, oneOf, spoilt } from "./draw.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = ["lib/libtorch/wheel-index.ts"];

const text = (content: string) => new TextEncoder().encode(content);
const WORDS = [
  "<a href=",
  '"',
  "'",
  ">",
  "%2B",
  "%",
  "&amp;",
  "#sha256=",
  "../",
  "//x.invalid/",
  ".whl",
  "<!--",
  "\0",
].map(text);
const VERSION = "2.13.0+cpu";

export function make(draws: Draws): Uint8Array {
  const rows = Array.from({ length: draws.below(9) }, () => {
    const version = oneOf(draws, ["2.13.0%2Bcpu", "2.13.0+cpu", "2.13.0", "2.12.0%2Bcpu", "2.13.0%2bcpu"]);
    const platform = oneOf(draws, ["manylinux_2_28_x86_64", "linux_x86_64", "linux_aarch64", "win_amd64"]);
    const python = oneOf(draws, ["cp310-cp310", "cp313-cp313t", "py3"]);
    const sum = once(draws, 3) ? "" : `#sha256=${"0123456789abcdef"[draws.below(16)]?.repeat(64)}`;
    const quote = oneOf(draws, ['"', '"', "'"]);
    const base = oneOf(draws, ["", "/whl/cpu/", "https://x.invalid/", "ftp://x.invalid/"]);
    return `<a ${once(draws, 4) ? "class=x " : ""}href=${quote}${base}torch-${version}-${python}-${platform}.whl${sum}${quote}>x</a>\n`;
  });
  return spoilt(draws, text(`<html>${rows.join("")}</html>`), WORDS);
}

export function check(input: Uint8Array): Promise<boolean> {
  const read = () => {
    const page = new TextDecoder().decode(input);
    const links = linksIn(page, "https://index.invalid/whl/cpu/torch/");
    for (const { url, name } of links) {
      assert.match(new URL(url).protocol, /^https?:$/);
      assert.ok(!/[/\\\0]/.test(name) && name.endsWith(".whl"), `${name} is a name of a file`);
    }
    const { url, name, sha256 } = choose(links, VERSION, INPUT_FILE);
    assert.match(sha256, /^[\da-f]{64}$/);
    assert.ok(name.startsWith(`torch-${VERSION}-`) && links.some((link) => link.url === url), name);
  };
  return takes(read, { code: "E_NO_LIBTORCH" });
}
