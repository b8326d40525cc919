/** A target that fails in every way that the fuzzer must notice; its input says how. For test/house/fuzz.test.ts. */
import { EngineError } from "../../lib/core/errors.js";
import type { Draws } from "../../lib/core/rng.js";
import { INPUT_FILE, takes } from "./target.js";

export const MISDEEDS = {
  none: () => {},
  refusal: () => fail(new EngineError("E_FORMAT", `${INPUT_FILE}: is wrong`)),
  "another error": () => fail(new RangeError("Maximum call stack size exceeded")),
  "another code": () => fail(new EngineError("E_OPTION", `${INPUT_FILE}: is wrong`)),
  "no file": () => fail(new EngineError("E_FORMAT", "is wrong")),
  "a long message": () => fail(new EngineError("E_FORMAT", INPUT_FILE.repeat(1000))),
  "endless work": () => {
    for (;;);
  },
  "endless objects": () => {
    for (const kept: object[] = []; ; kept.push({}));
  },
  "large buffers": () => {
    // Well above the bound: the process may have had its peak before, and only what rises above that is seen.
    new Uint8Array(2 ** 30).fill(1);
  },
} as const;
const ALL = Object.values(MISDEEDS);

function fail(error: Error): never {
  throw error;
}

export function make(draws: Draws): Uint8Array {
  return Uint8Array.of(draws.below(2));
}

export function check(input: Uint8Array): Promise<boolean> {
  return takes(async () => ALL[input[0] ?? 0]?.());
}
