/** `merge` writes what PEFT computes, finds the base that the adapter names, and overwrites neither. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

test("a merged checkpoint is of the layout that is asked for", async () => {
  for (const layout of ["original", "hf"]) {
    const out = join(scratch, layout);
    const args = [goldenPath("peft/lora"), "--model", BASE, "--out", out, "--layout", layout];
    assert.equal((await cli("merge", ...args)).code, 0);
    const { model_type: type } = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
    assert.equal(type, layout === "hf" ? "internvl" : "internvl_chat");
  }
});

test("the base is the one that the adapter names, from the adapter's folder too", async () => {
  const model = await openSmall();
  await loadAdapter(model, goldenPath("peft/lora"));
  const adapter = join(scratch, "adapter");
  await saveAdapter(model, adapter);
  model.dispose();
  const config = join(adapter, "adapter_config.json");
  // As of PEFT, which has no such record.
  rmSync(join(adapter, "adapter_base.json"));
  const named = (base: string | null, out = join(scratch, "nowhere")) => {
    const json = JSON.parse(readFileSync(config, "utf8"));
    writeFileSync(config, JSON.stringify({ ...json, base_model_name_or_path: base }));
    return cli("merge", adapter, "--out", out);
  };
  assert.equal((await named(BASE, join(scratch, "absolute"))).code, 0);
  assert.equal((await named(relative(adapter, BASE), join(scratch, "relative"))).code, 0);
  const missing = await named("OpenGVLab/InternVL3-1B");
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /E_OPTION: option model: .*OpenGVLab\/InternVL3-1B, which is no folder here/s);
  assert.match((await named(null)).stderr, /the adapter names none/);
});

test("what cannot be merged is refused before a weight is read", async () => {
  const [base, adapter, other] = ["base", "own", "other"].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  cpSync(BASE, base, { recursive: true });
  cpSync(goldenPath("peft/lora"), adapter, { recursive: true });
  mkdirSync(other);
  for (const name of readdirSync(base)) symlinkSync(join(base, name), join(other, name));
  // Whoever gets as far as a weight wants a libtorch that is none.
  process.env["VQAT_LIBTORCH"] = other;
  const before = readdirSync(adapter);
  const merged = (...args: string[]) => cli("merge", ...args, "--model", base);
  for (const out of [base, adapter, other]) {
    const { code, stderr } = await merged(adapter, "--out", out);
    assert.equal(code, 2);
    assert.match(stderr, /E_OPTION: option out: expected a folder without a model or an adapter.* is there/);
  }
  assert.match((await merged(adapter, "--out", join(base, "config.json"))).stderr, /E_OPTION: option out: /);
  assert.match(
    (await merged(join(scratch, "none"), "--out", join(scratch, "x"))).stderr,
    /adapter_config\.json/,
  );
  assert.deepEqual(readdirSync(adapter), before);
});
