/**
 * Sets up what is missing, then runs a compiled program with the remaining arguments:
 *
 *   node scripts/start.mjs lib/demo/main.js --seed 3
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { bootstrap } from "./bootstrap.mjs";
import { main, ROOT, run, StepError } from "./shell.mjs";

await main(async () => {
  const [program, ...args] = process.argv.slice(2);
  if (program === undefined) throw new StepError("start.mjs: expected a program under dist/, found none");
  await bootstrap();
  const file = join(ROOT, "dist", program);
  if (!existsSync(file))
    throw new StepError(`start.mjs: ${file} does not exist; expected a program under dist/`);
  // Ctrl-C reaches the program too; it decides how to stop.
  process.on("SIGINT", () => {});
  return run(process.execPath, [file, ...args], { cwd: process.cwd() });
});
