/** What is learned of a row: its own reply, or one made of its score; and what is no reply. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplyEntry } from "../../../lib/data/entry.js";
import { checkReplies, replyOf } from "../../../lib/sft/replies.js";

const row = (more: Partial<ReplyEntry>): ReplyEntry => ({ id: "a", video: "/a.mp4", score: 3, ...more });
const refused = (entries: readonly ReplyEntry[], reply: string | undefined, code: string, message: RegExp) =>
  assert.throws(() => checkReplies(entries, { reply }), { code, message });

test("a row's own reply wins; others are filled in with the score as it is written or on the model's scale", () => {
  const video = { id: "a", path: "/a.mp4", target: 3.5 };
  const keys = { reply: "<answer>{score}</answer>, {score}" };
  assert.equal(replyOf({ ...video, reply: "as it is {score}" }, keys), "as it is {score}");
  assert.equal(replyOf({ ...video, scoreText: "3.500" }, keys), "<answer>3.500</answer>, 3.500");
  assert.equal(replyOf({ ...video, scoreText: "70" }, keys), "<answer>3.50</answer>, 3.50");
  assert.equal(replyOf(video, keys), "<answer>3.50</answer>, 3.50");
  assert.equal(replyOf({ ...video, target: null }, { reply: "no number" }), "no number");
});

test("rows that say nothing are named, with what would mend it", () => {
  const rows = ["a", "b", "c", "d"].map((id) => row({ id }));
  refused(
    rows,
    undefined,
    "E_OPTION",
    /^option reply: .*found none; missing in a, b, c and 1 more; .* reply$/,
  );
  checkReplies(rows, { reply: "{score}" });
  const bare = [row({}), row({ id: "b", score: null })];
  refused(bare, "{score}", "E_OPTION", /^option reply: .*found "\{score\}"; no score in b$/);
  checkReplies(bare, { reply: "no number" });
  checkReplies([row({ score: null, reply: "words" })], {});
});

test("no reply is empty, and none holds a mark of the model's own", () => {
  refused([row({ reply: " \n" })], undefined, "E_FORMAT", /^a: expected a reply .*, found an empty one$/);
  for (const mark of [
    "<|im_end|>",
    "<|endoftext|>",
    "<img>",
    "</img>",
    "<IMG_CONTEXT>",
    "<ref>",
    "</quad>",
    "<box>",
  ])
    refused([row({}), row({ id: "b", reply: `x${mark}` })], "x", "E_FORMAT", /^b: .*<.*> in it$/);
  refused([row({})], "", "E_FORMAT", /^option reply: .*an empty one$/);
  checkReplies([row({ reply: "<think>1 < 2 | 3 > 2</think><answer>3</answer><note>a</note>" })], {});
});
