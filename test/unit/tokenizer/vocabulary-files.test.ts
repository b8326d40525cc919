/** vocab.json, merges.txt and added_tokens.json: what they become, and every way in which they may not fit. */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { byteLevelTokenizer, byteSymbols, plainToken } from "../../../lib/tokenizer/byte-level.js";
import { readVocabularyFiles } from "../../../lib/tokenizer/vocabulary-files.js";
import { writeVocabularyFiles } from "../../helpers/tokenizers.js";
import { scratchFolder } from "../../helpers/video-files.js";

const tokens = [...byteSymbols(), "th", "the", "##"];
const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
const merges: [string, string][] = [
  ["t", "h"],
  ["th", "e"],
  ["#", "#"],
];
const added = ["<img>", "</img>", "<IMG_CONTEXT>", "<|im_end|>"].map((content, i) =>
  plainToken(tokens.length + i, content, true),
);
const json = byteLevelTokenizer(vocab, merges, added);

function folder(): string {
  const dir = scratchFolder();
  writeVocabularyFiles(dir, json);
  return dir;
}

test("the three files say what one tokenizer.json says", async () => {
  const dir = folder();
  assert.deepEqual(await readVocabularyFiles(dir), json);
  writeFileSync(join(dir, "merges.txt"), "t h\r\nth e\r\n# #\r\n\r\n");
  assert.deepEqual(await readVocabularyFiles(dir), json);
  assert.equal(await readVocabularyFiles(scratchFolder()), null);
});

test("tokens that only tokenizer_config.json describes are added too, in the order of their ids", async () => {
  const dir = folder();
  const id = tokens.length + added.length;
  const described = { [id]: { content: "<end>", lstrip: true, normalized: true, special: false } };
  writeFileSync(join(dir, "tokenizer_config.json"), JSON.stringify({ added_tokens_decoder: described }));
  const last = (await readVocabularyFiles(dir))?.added_tokens.at(-1);
  assert.deepEqual(last, { ...plainToken(id, "<end>", false), lstrip: true, normalized: true });
});

test("a file that is missing is named", async () => {
  for (const name of ["vocab.json", "merges.txt", "added_tokens.json"]) {
    const dir = folder();
    rmSync(join(dir, name));
    await assert.rejects(readVocabularyFiles(dir), {
      code: "E_FORMAT",
      message: new RegExp(`${name}: missing`),
    });
  }
});

test("content that does not fit is named by file and key or line", async () => {
  const refused = async (name: string, content: object | string, message: RegExp) => {
    const dir = folder();
    const text = typeof content === "string" ? content : JSON.stringify(content);
    writeFileSync(join(dir, name), text);
    await assert.rejects(readVocabularyFiles(dir), { code: "E_FORMAT", message }, `${name} ${message}`);
  };
  const ids = JSON.parse(readFileSync(join(folder(), "added_tokens.json"), "utf8")) as Record<string, number>;
  const { th: _th, ...holed } = vocab;
  const { a: _a, ...wordless } = vocab;
  await refused("vocab.json", { ...vocab, the: 2 }, /vocab\.json: "the": has id 2, which is also/);
  await refused("vocab.json", { ...vocab, the: "2" }, /vocab\.json: "the": expected an id .*, found "2"/);
  await refused("vocab.json", { ...vocab, the: 2 ** 40 }, /vocab\.json: "the": expected an id/);
  await refused("vocab.json", { ...vocab, "th e": 300 }, /vocab\.json: "th e": " " is no byte's symbol/);
  await refused("vocab.json", wordless, /vocab\.json: "a": missing, the symbol of byte 97/);
  await refused("vocab.json", `{"a":0,"a":0}`, /vocab\.json: the key "a" stands twice/);
  await refused("merges.txt", "t h\nth e x\n", /merges\.txt:2: expected two symbols .*"th e x"/);
  await refused("merges.txt", "#version: 0.2\nt h\n\nth e\n", /merges\.txt:3: expected two symbols/);
  await refused("merges.txt", "t h\nt he\n", /merges\.txt:2: "he" is not in vocab\.json/);
  await refused("merges.txt", "e h\n", /merges\.txt:1: "eh" is not in vocab\.json/);
  await refused("added_tokens.json", { ...ids, the: 300 }, /added_tokens\.json: "the": has id 300, but 257/);
  await refused("added_tokens.json", { ...ids, "<x>": 3 }, /added_tokens\.json: "<x>": has id 3, which is/);
  await refused(
    "added_tokens.json",
    { ...ids, "<x>": 300 },
    /added_tokens\.json: none of 264 tokens has id 263/,
  );
  const config = (described: unknown) => ({ added_tokens_decoder: described });
  await refused(
    "tokenizer_config.json",
    config({ 7: { content: "<img>" } }),
    /tokenizer_config\.json: added_tokens_decoder\.7: <img> has id 259/,
  );
  await refused("tokenizer_config.json", config({ 263: "<x>" }), /added_tokens_decoder\.263: expected an id/);
  await refused("tokenizer_config.json", config([]), /added_tokens_decoder: expected an object/);
  const dir = folder();
  writeFileSync(join(dir, "vocab.json"), JSON.stringify(holed));
  writeFileSync(join(dir, "merges.txt"), "# #\n");
  await assert.rejects(readVocabularyFiles(dir), { message: /vocab\.json: none of 262 tokens has id 256/ });
});
