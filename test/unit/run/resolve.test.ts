/** From a checked configuration to the one that a run folder holds. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseConfig, type TrainConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { resolveConfig as resolveWith } from "../../../lib/run/resolve.js";

const inputs = { model: { files: {}, weights: [] } };
const resolveConfig = (config: TrainConfig, videos: number) => resolveWith(config, videos, inputs);
const parsed = (keys: Partial<TrainConfigInput>) => parseConfig({ out: "run", videosPerStep: 4, ...keys });

test("steps are those of the epochs, or as given; threads are a number", () => {
  const { steps, threads } = resolveConfig(parsed({ epochs: 2 }), 11);
  assert.deepEqual([steps, threads >= 1], [4, true]);
  assert.equal(resolveConfig(parsed({ steps: 7 }), 11).steps, 7);
  assert.equal(resolveConfig(parsed({ threads: 3 }), 11).threads, 3);
  assert.throws(() => resolveConfig(parsed({ steps: 7 }), 3), { code: "E_OPTION", message: /videosPerStep/ });
});

test("paths are absolute, a model's too; a shipped one keeps its name", () => {
  const paths = { out: "run", model: "./tiny", data: "d", videos: "v", prompt: "p", slowfast: "s" };
  const resolved = resolveConfig(parsed(paths), 4);
  for (const key of Object.keys(paths) as (keyof typeof paths)[])
    assert.equal(resolved[key], resolve(paths[key]));
  for (const model of ["tiny", "tiny-start"]) assert.equal(resolveConfig(parsed({ model }), 4).model, model);
});

test("what is resolved stays as it is, whatever the list has become", () => {
  const stored: unknown = JSON.parse(JSON.stringify(resolveConfig(parsed({ data: "d", epochs: 2 }), 11)));
  const again = resolveConfig(parseConfig(stored), 99);
  assert.deepEqual(JSON.parse(JSON.stringify(again)), stored);
});
