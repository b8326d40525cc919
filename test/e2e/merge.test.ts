/** `merge` writes what PEFT computes, finds the base that the adapter names, and overwrites neither. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { loadAdapter, saveAdapter } from "../../lib/index.js";
import { openModel } from "../../lib/model/model.js";
import { logits } from "../../lib/parity.js";
import { assertNear } from "../helpers/closeness.js";
import { cli } from "../helpers/command.js";
import { goldenPath } from "../helpers/goldens.js";
import { readRecorded, recordedPrompt } from "../helpers/recorded-case.js";
import { openSmall } from "../helpers/small-model.js";
import { scratchFolder } from "../helpers/video-files.js";

const BASE = goldenPath("internvl/layer-norm");
const scratch = scratchFolder();

test("a merged checkpoint has PEFT's logits", async () => {
  const out = join(scratch, "merged");
  const { code, stdout } = await cli(
    "merge",
    goldenPath("peft/dora"),
    "--model",
    BASE,
    "--out",
    out,
    "--dtype",
    "float32",
  );
  assert.equal(code, 0);
  assert.match(stdout, /merged: .*layer-norm with the adapter of .*dora in its weights, float32\n$/);
  const recorded = await readRecorded("peft/dora/record");
  const model = await openModel(out, { threads: 1 });
  assertNear((await logits(model, recordedPrompt(recorded))).data, recorded.floats("logits"), 1e-5, "merged");
  model.dispose();
});

test("the base is the one that the adapter names, from the adapter's folder too", async () => {
  const model = await openSmall();
  await loadAdapter(model, goldenPath("peft/lora"));
  const adapter = join(scratch, "adapter");
  await saveAdapter(model, adapter);
  model.dispose();
  const out = join(scratch, "named");
  const config = join(adapter, "adapter_config.json");
  const named = (base: string | null) => {
    const json = JSON.parse(readFileSync(config, "utf8"));
    writeFileSync(config, JSON.stringify({ ...json, base_model_name_or_path: base }));
    return cli("merge", adapter, "--out", out);
  };
  assert.equal((await named(BASE)).code, 0);
  assert.equal((await named(relative(adapter, BASE))).code, 0);
  const missing = await named("OpenGVLab/InternVL3-1B");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /E_OPTION: option model: .*OpenGVLab\/InternVL3-1B, which is no folder here/s);
  assert.match((await named(null)).stderr, /the adapter names none/);
});

test("base and adapter are not written over", async () => {
  const [base, adapter] = [join(scratch, "base"), join(scratch, "own")];
  cpSync(BASE, base, { recursive: true });
  cpSync(goldenPath("peft/lora"), adapter, { recursive: true });
  const before = readdirSync(adapter);
  for (const out of [base, adapter]) {
    const { code, stderr } = await cli("merge", adapter, "--model", base, "--out", out);
    assert.equal(code, 2);
    assert.match(stderr, /E_OPTION: option out: /);
  }
  assert.deepEqual(readdirSync(adapter), before);
});
