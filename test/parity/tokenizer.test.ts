/**
 * Ids and texts of 10,000 strings against the Python tokenizers library, from either set of files;
 * recipe: test/goldens/recipes/tokenizer.py.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { TokenizerJson } from "../../lib/tokenizer/byte-level.js";
import { goldenPath } from "../helpers/goldens.js";
import { tokenizerIn, writeVocabularyFiles } from "../helpers/tokenizers.js";
import { scratchFolder } from "../helpers/video-files.js";

interface Recorded {
  /** text, ids, decoded without special tokens, decoded with them; null where that is the text itself */
  encode: [string, number[], string | null, string | null][];
  /** ids, decoded without special tokens, decoded with them */
  decode: [number[], string, string][];
}

const whole = goldenPath("tokenizer");
const recorded = JSON.parse(
  gunzipSync(readFileSync(join(whole, "cases.json.gz"))).toString("utf8"),
) as Recorded;
const parts = scratchFolder();
writeVocabularyFiles(parts, JSON.parse(readFileSync(join(whole, "tokenizer.json"), "utf8")) as TokenizerJson);

for (const [name, dir] of [
  ["tokenizer.json", whole],
  ["vocab.json, merges.txt and added_tokens.json", parts],
] as const) {
  test(`${name}: every recorded string becomes the recorded ids, and they the recorded text`, async () => {
    const tokenizer = await tokenizerIn(dir);
    assert.equal(recorded.encode.length, 10_000);
    for (const [text, ids, skipped, kept] of recorded.encode) {
      assert.deepEqual(Array.from(tokenizer.encode(text)), ids, JSON.stringify(text));
      assert.equal(tokenizer.decode(ids), skipped ?? text);
      assert.equal(tokenizer.decode(Int32Array.from(ids), { skipSpecialTokens: false }), kept ?? text);
    }
  });

  test(`${name}: ids in any order become the recorded text`, async () => {
    const tokenizer = await tokenizerIn(dir);
    assert.ok(recorded.decode.length >= 1000);
    for (const [ids, skipped, kept] of recorded.decode) {
      assert.equal(tokenizer.decode(ids), skipped, JSON.stringify(ids));
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: false }), kept, JSON.stringify(ids));
    }
  });
}
