/** The tiny tokenizer, read by the tokenizer library: whole words, single digits, tags kept, any text back. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tokenizerConfig, tokenizerFile, vocabularySize } from "../../../../scripts/tiny/tokenizer-file.js";
import { END_TOKEN, reply, TAGS, TINY } from "../../../../scripts/tiny/wording.js";
import { tokenizerIn } from "../../../helpers/tokenizers.js";
import { scratchFolder } from "../../../helpers/video-files.js";

const dir = scratchFolder();
writeFileSync(join(dir, "tokenizer.json"), JSON.stringify(tokenizerFile(TINY.words)));
writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify(tokenizerConfig()));
const tokenizer = await tokenizerIn(dir);

test("words, tags and digits are one token each", () => {
  for (const text of [
    ...TINY.words.spaced.map((word) => ` ${word}`),
    ...TINY.words.opening,
    ...TAGS,
    ..."0123456789.,",
  ]) {
    assert.equal(tokenizer.encode(text).length, 1, text);
  }
});

test("a reply is 26 tokens and the end, and comes back as it was", () => {
  const text = reply({ blur: 0.3, noise: 0.5, stutter: 0.9 }, 2.734);
  assert.equal(
    text,
    "<think> blur slight, noise moderate, compression none, exposure none, stutter severe. overall fair.</think><answer>2.73</answer>",
  );
  assert.equal(tokenizer.encode(text + END_TOKEN).length, 27);
  assert.equal(tokenizer.decode(tokenizer.encode(text + END_TOKEN)), text);
});

test("any text survives, digits stay apart, composed and decomposed accents are one", () => {
  for (const text of ["Frame12: 3.50/5\n\n it's  über 视频 🙂", "\t<think> a</think>"]) {
    assert.equal(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: false }), text);
  }
  assert.equal(tokenizer.encode("2026").length, 4);
  assert.deepEqual(tokenizer.encode("e\u0301"), tokenizer.encode("\u00e9"));
});

test("ids are dense, and fewer than 512", () => {
  const { model, added_tokens: added } = tokenizerFile(TINY.words);
  const ids = [...Object.values(model.vocab), ...added.map(({ id }) => id)].sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    ids.map((_, i) => i),
  );
  assert.equal(ids.length, vocabularySize(TINY.words));
  assert.ok(ids.length <= 512);
});
