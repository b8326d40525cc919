/** Opening tokenizers: which file speaks, what is refused. Ids against another program: test/parity/tokenizer.test.ts. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TokenizerJson } from "../../../lib/tokenizer/byte-level.js";
import { openTokenizer } from "../../../lib/tokenizer/tokenizer.js";
import { goldenPath } from "../../helpers/goldens.js";
import { tokenizerIn, writeVocabularyFiles } from "../../helpers/tokenizers.js";
import { scratchFolder } from "../../helpers/video-files.js";

const recorded = goldenPath("tokenizer");
const content = JSON.parse(readFileSync(join(recorded, "tokenizer.json"), "utf8")) as TokenizerJson;

test("knows the tokens that a prompt with video is made of", async () => {
  const tokenizer = await tokenizerIn(recorded);
  const { imageBegin, imageSlot, imageEnd, turnEnd } = tokenizer;
  const ids = tokenizer.encode("<img><IMG_CONTEXT></img><|im_end|>");
  assert.deepEqual(Array.from(ids), [imageBegin, imageSlot, imageEnd, turnEnd]);
  assert.equal(tokenizer.idOf("<|im_start|>"), tokenizer.encode("<|im_start|>")[0]);
  assert.equal(tokenizer.idOf("no such token"), null);
});

test("a folder without tokenizer files has no tokenizer", async () => {
  assert.equal(await openTokenizer(scratchFolder()), null);
});

test("tokenizer.json is read alone where it is there", async () => {
  const dir = scratchFolder();
  writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(content));
  writeFileSync(join(dir, "vocab.json"), "no JSON");
  assert.equal((await tokenizerIn(dir)).imageSlot, (await tokenizerIn(recorded)).imageSlot);
});

test("tokens of three files alone are special as InternVL's are; the other files' flags win", async () => {
  const text = "<|im_start|>a<img><IMG_CONTEXT></img><tool_call><|im_end|>";
  const shown = async (files: Record<string, object>) => {
    const dir = scratchFolder();
    writeVocabularyFiles(dir, content);
    for (const [name, json] of Object.entries(files)) writeFileSync(join(dir, name), JSON.stringify(json));
    const tokenizer = await tokenizerIn(dir);
    return tokenizer.decode(tokenizer.encode(text));
  };
  const { id } = content.added_tokens.find((token) => token.content === "<img>") ?? { id: -1 };
  const described = { [id]: { content: "<img>", special: false } };
  assert.equal(await shown({}), "a<tool_call>");
  assert.equal(
    await shown({ "tokenizer_config.json": { added_tokens_decoder: described } }),
    "a<img><tool_call>",
  );
  const named = { additional_special_tokens: ["<img>", { content: "<tool_call>" }] };
  assert.equal(
    await shown({
      "tokenizer_config.json": { added_tokens_decoder: described },
      "special_tokens_map.json": named,
    }),
    "a",
  );
  assert.equal(await shown({ "special_tokens_map.json": { pad_token: "<tool_call>" } }), "a");
});

test("refuses a file that is no tokenizer, or lacks a token that prompts need", async () => {
  const dir = scratchFolder();
  const refused = async (json: object, message: RegExp) => {
    writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(json));
    await assert.rejects(openTokenizer(dir), { code: "E_FORMAT", message });
  };
  const { added_tokens: added } = content;
  await refused({}, /tokenizer\.json: expected a tokenizer/);
  await refused({ ...content, model: { type: "Unheard" } }, /not a tokenizer that can be built/);
  const without = added.filter((token) => token.content !== "<IMG_CONTEXT>");
  await refused({ ...content, added_tokens: without }, /has no token <IMG_CONTEXT>/);
  const wordly = added.map((token) => ({ ...token, single_word: token.content === "<img>" }));
  await refused({ ...content, added_tokens: wordly }, /<img>: single_word is not computed here/);
});

test("a tokenizer that opens and then fails is refused when it is used", async () => {
  const dir = scratchFolder();
  const encoding = async (json: object, message: RegExp) => {
    writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(json));
    const tokenizer = await tokenizerIn(dir);
    assert.throws(() => tokenizer.encode("a b"), { code: "E_FORMAT", message });
  };
  const vocab = { ...content.model.vocab, a: -1 };
  await encoding({ ...content, model: { ...content.model, vocab } }, /tokenizer\.json: has no token/);
  const split = { type: "Split", pattern: { Regex: "a" }, behavior: 7, invert: false };
  await encoding({ ...content, pre_tokenizer: split }, /tokenizer\.json: cannot be used to encode: /);
});
