/** Recorded numbers of test/goldens; each file has its recipe in test/goldens/recipes. */
import { readFileSync } from "node:fs";
import { goldenPath } from "./goldens.js";

export function golden(name: string): unknown {
  return JSON.parse(readFileSync(goldenPath(`${name}.json`), "utf8"));
}
