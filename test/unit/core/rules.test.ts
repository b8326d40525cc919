/** By which rules runs count: the latest for new ones, those that were stored for old ones. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LATEST_RULES, newlyRuled, ruledAsStored } from "../../../lib/core/rules.js";
import { configJsonSchema, parseConfig } from "../../../lib/run/config.js";
import { train } from "../../../lib/run/train.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

test("a new run has the latest and cannot ask for earlier ones", () => {
  assert.equal(newlyRuled({}).rules, LATEST_RULES);
  assert.equal(newlyRuled({ rules: LATEST_RULES }).rules, LATEST_RULES);
  const message = /option rules: expected 2 for a new run, found 1; leave it out/;
  assert.throws(() => newlyRuled({ rules: 1 }), { code: "E_OPTION", message });
});

test("a stored configuration that names none is of before there was a choice", () => {
  assert.equal(ruledAsStored({}).rules, 1);
  assert.equal(ruledAsStored({ rules: 2 }).rules, 2);
  for (const rules of [0, 3, "2", 1.5])
    assert.throws(() => parseConfig({ out: "run", rules }), {
      code: "E_OPTION",
      message: /option rules: expected 1 or 2/,
    });
});

test("config.json says which, and the schema what they are", async () => {
  const dir = scratchFolder();
  const dataset = [1, 2].map((score) => ({ video: join(dir, `q${score}.mp4`), score }));
  for (const { video } of dataset) writeFileSync(video, "");
  const keys = { out: join(dir, "run"), steps: 1, videosPerStep: 2, maxNewTokens: 64 };
  await train(keys, { dataset }, fakeEngine(fakeState()));
  const stored = JSON.parse(readFileSync(join(dir, "run", "config.json"), "utf8")) as { rules: unknown };
  assert.equal(stored.rules, LATEST_RULES);
  assert.match(JSON.stringify(configJsonSchema().properties?.rules), /docs\/training\.md/);
});
