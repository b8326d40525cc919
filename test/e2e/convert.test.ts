/** `vqathinker convert` as a user calls it: what it prints, how it ends, and that nothing in a file is run. */
import assert from "node:assert/strict";
import { access, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cli } from "../helpers/command.js";
import { goldenPath } from "../helpers/goldens.js";
import { dict, floats, pickle, tensor, text, torchZip, tuple } from "../helpers/pickles.js";

let dir: string;
let out: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "vqat-convert-"));
  out = join(dir, "weights.safetensors");
});
after(() => rm(dir, { recursive: true, force: true }));

test("says what was written and everything that was not", async () => {
  const { code, stdout, stderr } = await cli("convert", goldenPath("pickle/legacy-2.pt"), "--out", out);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    `${out}: 33 tensors, ${(await stat(out)).size} bytes, from model_state (legacy format)`,
    "left out: 1 named num_batches_tracked, 2 named blocks.6",
    "left out, no tensors: steps",
    "not converted: epoch, optimizer_state, cfg, best, sizes, dtype, history, beside model_state",
  ]);
});

test("runs nothing, names what would have run, and ends with 1", async () => {
  const marker = join(dir, "run");
  const code = ["cposix\nsystem\n", tuple(text(`touch ${marker}`)), "R"];
  const input = join(dir, "evil.pyth");
  await writeFile(
    input,
    torchZip(pickle(dict(text("a"), tensor(), text("b"), ...code)), { 0: floats(1, 2, 3, 4) }),
  );
  const none = join(dir, "none.safetensors");
  const ended = await cli("convert", input, "--out", none);
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^E_FORMAT: .*evil\.pyth: archive\/data\.pkl, byte \d+: posix\.system is not/);
  await assert.rejects(access(marker), { code: "ENOENT" });
  await assert.rejects(access(none), { code: "ENOENT" });
});

test("wrong use ends with 2, a missing file with 1", async () => {
  const input = goldenPath("pickle/zip-2.pt");
  assert.equal((await cli("convert", input)).code, 2);
  assert.equal((await cli("convert", "--out", out)).code, 2);
  assert.equal((await cli("convert", input, "--out", input)).code, 2);
  assert.equal((await cli("convert", join(dir, "nowhere.pt"), "--out", out)).code, 1);
});
