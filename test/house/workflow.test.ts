/** The release workflow: it publishes without a secret, in the right order, by commands that exist. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSource } from "../helpers/sources.js";

describe("the release workflow", () => {
  const text = readSource(".github/workflows/release.yml");

  it("names no secret, and may prove who it is", () => {
    assert.doesNotMatch(text, /secrets\.|_TOKEN|registry-url/i);
    assert.match(text, /^ {6}id-token: write$/m);
  });

  it("publishes with provenance, the platform's package first", () => {
    const published = [...text.matchAll(/npm publish (\S+)(.*)$/gm)].map(([, file, flags]) => [
      file,
      flags?.trim(),
    ]);
    const flags = "--provenance --access public";
    assert.deepEqual(published, [
      ["./release/vqathinker-linux-x64-*.tgz", flags],
      ["./release/vqathinker-[0-9]*.tgz", flags],
    ]);
  });

  it("publishes what was tested, built beside a card and audited", () => {
    assert.match(text, /needs: \[test, binaries\]/);
    assert.match(text, /runs-on: \[self-hosted, linux, x64, gpu\]/);
    const order = ["npm audit --omit dev", "npm run release -- --dry-run --require-audit", "npm publish"];
    const places = order.map((line) => text.indexOf(line));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.ok(places.every((place) => place >= 0));
  });

  it("runs scripts that package.json has", () => {
    const { scripts } = JSON.parse(readSource("package.json")) as { scripts: object };
    const named = [...text.matchAll(/npm (?:run )?(test|(?<=run )[\w:]+)/g)].map(([, name]) => name ?? "");
    assert.ok(named.length >= 5);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });
});
