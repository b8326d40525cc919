/** Ids and texts against the Python tokenizers library; recipe: test/goldens/recipes/tokenizer.py. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTokenizer } from "../../../lib/text/tokenizer.js";
import { goldenPath } from "../../helpers/goldens.js";

interface Recorded {
  /** text, ids, decoded without special tokens, decoded with them */
  encode: [string, number[], string, string][];
  /** ids, decoded without special tokens, decoded with them */
  decode: [number[], string, string][];
}

const file = goldenPath("tokenizer/tokenizer.json");
const recorded = JSON.parse(await readFile(goldenPath("tokenizer/cases.json"), "utf8")) as Recorded;

test("encodes every recorded string to the recorded ids", async () => {
  const tokenizer = await openTokenizer(file);
  assert.ok(recorded.encode.length >= 400);
  for (const [text, ids] of recorded.encode)
    assert.deepEqual(Array.from(tokenizer.encode(text)), ids, JSON.stringify(text));
});

test("decodes every recorded list of ids to the recorded text", async () => {
  const tokenizer = await openTokenizer(file);
  const rows = [...recorded.encode.map(([, ...row]) => row), ...recorded.decode];
  for (const [ids, skipped, whole] of rows) {
    assert.equal(tokenizer.decode(ids), skipped, JSON.stringify(ids));
    assert.equal(
      tokenizer.decode(Int32Array.from(ids), { skipSpecialTokens: false }),
      whole,
      JSON.stringify(ids),
    );
  }
});

test("knows the tokens that a prompt with video is made of", async () => {
  const tokenizer = await openTokenizer(file);
  const { imageBegin, imageSlot, imageEnd, turnEnd } = tokenizer;
  const ids = tokenizer.encode("<img><IMG_CONTEXT></img><|im_end|>");
  assert.deepEqual(Array.from(ids), [imageBegin, imageSlot, imageEnd, turnEnd]);
  assert.equal(tokenizer.idOf("<|im_start|>"), tokenizer.encode("<|im_start|>")[0]);
  assert.equal(tokenizer.idOf("no such token"), null);
});

test("refuses a file that is no tokenizer, or lacks a token that prompts need", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vqat-tokenizer-"));
  const path = join(dir, "tokenizer.json");
  await assert.rejects(openTokenizer(path), { code: "E_FORMAT", message: /tokenizer\.json: cannot be read/ });

  await writeFile(path, "{}");
  await assert.rejects(openTokenizer(path), { code: "E_FORMAT", message: /expected a tokenizer/ });

  const json = JSON.parse(await readFile(file, "utf8")) as { added_tokens: { content: string }[] };
  const without = {
    ...json,
    added_tokens: json.added_tokens.filter(({ content }) => content !== "<IMG_CONTEXT>"),
  };
  await writeFile(path, JSON.stringify(without));
  await assert.rejects(openTokenizer(path), { code: "E_FORMAT", message: /has no token <IMG_CONTEXT>/ });

  await writeFile(path, JSON.stringify({ ...json, model: { type: "Unheard" } }));
  await assert.rejects(openTokenizer(path), {
    code: "E_FORMAT",
    message: /not a tokenizer that can be built/,
  });
});
