/** The prompt file of a learning, which a preset's run and its warm-up are given. */
import { join } from "node:path";
import { writeAtomic } from "../core/atomic-file.js";
import type { DemoForm } from "../trial/form.js";

/** Writes what the form asks into the run's folder; gives the file's path. */
export async function writePrompt(run: string, { prompt }: Pick<DemoForm, "prompt">): Promise<string> {
  const file = join(run, "prompt.txt");
  await writeAtomic(file, `${prompt}\n`);
  return file;
}
