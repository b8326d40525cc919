/** What a schema refuses, in words: every field by its path, what was expected there and what was found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parseWith } from "../../../lib/core/schema.js";

const schema = z.strictObject({
  frames: z.int().min(1),
  name: z.string().min(3),
  on: z.boolean(),
  share: z.number().lt(1),
  sampling: z.enum(["released", "uniform"]),
  layers: z.array(z.int()).min(1),
  opponents: z.union([z.literal("all"), z.int()]),
  reward: z.discriminatedUnion("name", [
    z.object({ name: z.literal("a") }),
    z.object({ name: z.literal("b") }),
  ]),
  side: z.tuple([z.int(), z.int()]).refine(([h, w]) => h === w, "expected equal sides"),
});
const right = {
  frames: 1,
  name: "abc",
  on: true,
  share: 0,
  sampling: "uniform",
  layers: [1],
  opponents: 2,
  reward: { name: "b" },
  side: [2, 2],
};

test("gives what fits", () => {
  assert.deepEqual(parseWith(schema, right, "f.json"), right);
});

test("names every field that does not, with what was expected and found", () => {
  const said = (bent: object, message: string | RegExp) =>
    assert.throws(() => parseWith(schema, { ...right, ...bent }, "f.json"), {
      code: "E_FORMAT",
      message: typeof message === "string" ? `f.json: ${message}` : message,
    });
  said({ frames: 0 }, "frames: expected a number of at least 1, found 0");
  said({ frames: 1.5 }, "frames: expected a whole number, found 1.5");
  said({ frames: undefined }, "frames: expected a number, found none");
  said({ share: 1 }, "share: expected a number below 1, found 1");
  said({ sampling: "x\u0085" }, 'sampling: expected one of "released"|"uniform", found "x\\u0085"');
  said({ layers: [] }, "layers: expected a list of at least 1 entry, found []");
  said({ layers: ["a"] }, 'layers.0: expected a number, found "a"');
  said({ opponents: "none" }, 'opponents: expected "all" or a number, found "none"');
  said({ reward: { name: "c" } }, 'reward.name: expected one of "a"|"b", found {"name":"c"}');
  said({ share: Number.POSITIVE_INFINITY }, "share: expected a finite number, found Infinity");
  said(
    { frames: 2 ** 60 },
    /frames: expected a whole number of at most 9007199254740991, found 1152921504606847000/,
  );
  said({ name: "ab" }, 'name: expected a text of at least 3 characters, found "ab"');
  said({ name: 7, on: 1 }, "name: expected a text, found 7; on: expected true or false, found 1");
  said({ layers: {}, reward: 3 }, "layers: expected a list, found {}; reward: expected an object, found 3");
  said({ share: Number.NaN }, "share: expected a number, found NaN");
  said({ side: [1, 2] }, "side: expected equal sides, found [1,2]");
  said({ farmes: 1, sied: 2 }, 'the file: expected no key "farmes", "sied"');
  said(
    { frames: "1", share: "0" },
    'frames: expected a number, found "1"; share: expected a number, found "0"',
  );
});
