/** The key of a run's adapters: what trains with it, and what it says against other keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configJsonSchema, METHOD_NAMES, parseConfig, parseMethod } from "../../../lib/run/config.js";

const LORA = { targets: ["q_proj"], rank: 4 };
const BOTH = ["adapters", "motionProjector"];
const parse = (keys: object) => parseMethod({ out: "run", ...keys });

test("adapters and the motion projector train by default, by each method and over a preset's parts", () => {
  for (const method of METHOD_NAMES) assert.deepEqual(parse({ method, lora: LORA }).trainable, BOTH);
  assert.deepEqual(parse({ lora: LORA, motion: false }).trainable, ["adapters"]);
  assert.deepEqual(parse({ lora: LORA, preset: "paper" }).trainable, BOTH);
  assert.deepEqual(parse({ lora: LORA, trainable: ["adapters"] }).trainable, ["adapters"]);
  assert.deepEqual(parse({}).trainable, ["vision", "projector", "language", "motionProjector"]);
  assert.deepEqual(parseConfig({ out: "run", lora: LORA }).lora, { ...LORA, rslora: false, dora: false });
});

test("what is resolved means the same when it is read again", () => {
  const config = parse({ lora: { ...LORA, alpha: 3, dora: true } });
  assert.deepEqual(parseMethod(JSON.parse(JSON.stringify(config))), config);
});

const REFUSED: [keys: object, message: RegExp][] = [
  [{ trainable: ["adapters"] }, /^option trainable: expected no adapters .*; lora says which$/],
  [
    { lora: LORA, trainable: ["motionProjector"] },
    /^option trainable: expected adapters among them with lora/,
  ],
  [
    { lora: LORA, trainable: ["adapters", "language"] },
    /^option trainable: expected adapters and motionProjector with lora, found "language"; its checkpoints/,
  ],
  [
    { lora: LORA, dtype: "bfloat16", optimizer: { masters: false } },
    /^option optimizer\.masters: expected true with lora/,
  ],
  [{ lora: { rank: 4 } }, /^option lora\.targets: /],
  [{ lora: { ...LORA, targets: [] } }, /^option lora\.targets: /],
  [{ lora: { targets: "all-linear" } }, /^option lora\.rank: expected a number, found none/],
  [{ lora: { ...LORA, rank: 0 } }, /^option lora\.rank: /],
  [{ lora: { ...LORA, alpha: 0 } }, /^option lora\.alpha: expected a number above 0/],
  [{ lora: { ...LORA, rsLora: true } }, /^option lora\.rsLora: no such option; did you mean lora\.rslora\?/],
];

test("what does not fit is refused by its key, of each method", () => {
  for (const method of METHOD_NAMES)
    for (const [keys, message] of REFUSED)
      assert.throws(() => parse({ method, ...keys }), { code: "E_OPTION", message });
});

test("its options are described", () => {
  for (const method of METHOD_NAMES) {
    const { lora } = configJsonSchema(method).properties as Record<string, { properties: object }>;
    assert.deepEqual(Object.keys(lora?.properties ?? {}), ["targets", "rank", "alpha", "rslora", "dora"]);
    for (const one of Object.values(lora?.properties ?? {})) assert.ok(one.description);
  }
});
