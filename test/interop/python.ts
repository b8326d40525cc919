/** The Python of `npm run interop`. */
import { spawnSync } from "node:child_process";

const HINT = "VQAT_PYTHON: expected a Python with torch, transformers, peft, safetensors and tensorboard";

/** What a script prints. @throws when there is no such Python, and when the script fails. */
export function python(script: string, ...args: readonly string[]): string {
  const program = process.env["VQAT_PYTHON"];
  if (!program) throw new Error(`${HINT}; not set`);
  const env = { ...process.env, OMP_NUM_THREADS: "1" };
  const { status, error, stdout } = spawnSync(program, [script, ...args], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (error) throw new Error(`${HINT}; ${program} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${script} ended with ${status}\n${stdout}`);
  return stdout;
}
