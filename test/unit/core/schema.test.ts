/** What a schema refuses, in words: every field by its path, what was expected there and what was found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parseWith } from "../../../lib/core/schema.js";

const schema = z.strictObject({
  frames: z.int().min(1),
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
  const said = (bent: object, message: string) =>
    assert.throws(() => parseWith(schema, { ...right, ...bent }, "f.json"), {
      code: "E_FORMAT",
      message: `f.json: ${message}`,
    });
  said({ frames: 0 }, "frames: expected number >=1, found 0");
  said({ frames: 1.5 }, "frames: expected int, found 1.5");
  said({ frames: undefined }, "frames: expected number, found undefined");
  said({ share: 1 }, "share: expected number <1, found 1");
  said({ sampling: "x\u0085" }, 'sampling: expected one of "released"|"uniform", found "x\\u0085"');
  said({ layers: [] }, "layers: expected array of length >=1, found []");
  said({ layers: ["a"] }, 'layers.0: expected number, found "a"');
  said({ opponents: "none" }, 'opponents: expected "all" or number, found "none"');
  said({ reward: { name: "c" } }, 'reward.name: expected one of "a"|"b", found {"name":"c"}');
  said({ side: [1, 2] }, "side: expected equal sides, found [1,2]");
  said({ farmes: 1, sied: 2 }, 'the file: expected no key "farmes", "sied"');
  said({ frames: "1", share: "0" }, 'frames: expected number, found "1"; share: expected number, found "0"');
});
