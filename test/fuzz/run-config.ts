/** Fuzz target: the configuration of a run. Where its JSON holds, refusals name the option and not the file. */
import assert from "node:assert/strict";
import { parseJsonObject } from "../../lib/core/json.js";
import type { Draws } from "../../lib/core/rng.js";
import { parseConfig } from "../../lib/run/config.js";
import { jsonBytes } from "./json.js";
import { INPUT_FILE, takes } from "./target.js";

export const READERS = ["lib/run/config.ts"];

const WHOLE = parseConfig({
  ...{ out: "run", data: "list.csv", steps: 3, preset: "visualquality-r1", labelRange: { min: 1, max: 5 } },
  rewards: [
    { name: "format" },
    { name: "ranking", opponents: 1 },
    { name: "temporal", rankingThreshold: 0.5 },
  ],
});
const KEYS = [...Object.keys(WHOLE), "name", "min", "beta1", "other", "", "x".repeat(2000)];

export function make(draws: Draws): Uint8Array {
  return jsonBytes(draws, WHOLE, KEYS);
}

export async function check(input: Uint8Array): Promise<boolean> {
  let json = {};
  const isJson = await takes(() => {
    json = parseJsonObject(input, INPUT_FILE);
  });
  const read = () => {
    const config = parseConfig(json);
    assert.deepEqual(parseConfig(config), config, "a configuration is one again");
  };
  return isJson && takes(read, { code: "E_OPTION", file: "option " });
}
