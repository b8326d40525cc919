/** What make-random does not write over. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeRandomCheckpoint } from "../../../lib/random-checkpoint/random-checkpoint.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const refused = (out: string, message: RegExp) =>
  assert.rejects(makeRandomCheckpoint(join(dir, out), { like: "internvl3-1b", layers: 1 }), {
    code: "E_OPTION",
    message,
  });

test("a folder with a configuration or weights stays as it is", async () => {
  for (const name of [
    "config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "slowfast.safetensors",
  ]) {
    const folder = `with-${name}`;
    mkdirSync(join(dir, folder));
    writeFileSync(join(dir, folder, name), "trained for days");
    await refused(folder, /option out: expected a folder without a checkpoint or .*; it holds /);
    assert.deepEqual(readdirSync(join(dir, folder)), [name]);
    assert.equal(readFileSync(join(dir, folder, name), "utf8"), "trained for days");
  }
});

test("no file that it writes is there already", async () => {
  const written = [
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "vqathinker.json",
    "config.json",
  ];
  for (const name of written) {
    const folder = `own-${name}`;
    mkdirSync(join(dir, folder));
    writeFileSync(join(dir, folder, name), "mine");
    await refused(folder, new RegExp(`option out: .*; it holds ${name}: name another one`));
    assert.equal(readFileSync(join(dir, folder, name), "utf8"), "mine");
  }
});

test("a folder that cannot be made is refused by the option's name", async () => {
  writeFileSync(join(dir, "plain"), "");
  await refused("plain", /option out: .*plain is no folder/);
  await refused("plain/deeper/x", /option out: .*plain is no folder/);
  await refused("../../../proc/nothing/x", /option out: .*in \/proc no file can be made/);
  assert.ok(!existsSync(join(dir, "plain", "deeper")));
});
