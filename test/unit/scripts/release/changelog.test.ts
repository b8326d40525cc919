/** A section in a changelog: on top, once. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { withSection } from "../../../../scripts/release/changelog.js";

const section = (version: string, line: string) => `## v${version} (2026-01-02)\n\nSince v0:\n\n- ${line}\n`;

it("goes on top, and takes the place of an earlier draft of itself", () => {
  const first = withSection("", section("0.1.0", "a"));
  assert.equal(first, `# Changelog\n\n${section("0.1.0", "a")}`);
  const draft = withSection(first, section("0.1.1", "b"));
  const second = withSection(draft, section("0.1.1", "c"));
  assert.equal(second, `# Changelog\n\n${section("0.1.1", "c")}\n${section("0.1.0", "a")}`);
  assert.match(withSection(second, section("0.1", "d")), /v0\.1 .*v0\.1\.1 .*v0\.1\.0 /s);
});
