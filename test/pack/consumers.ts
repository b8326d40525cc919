/** Small programs of a stranger's that use the installed package. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Prints the names that a bare import gives, as many as there are. */
export const IMPORT = `
import * as vq from "vqathinker";
import * as inspect from "vqathinker/inspect";
console.log(JSON.stringify({ score: typeof vq.loadModel, inspect: Object.keys(inspect).length > 0, srcc: vq.srcc([1, 2, 3], [1, 2, 3]) }));
`;
export const IMPORTED = { score: "function", inspect: true, srcc: 1 };

/** Prints the result of VIDEO as \`score --json\` does. */
export const SCORE_BY_API = `
import { loadModel } from "vqathinker";
const model = await loadModel("tiny", { threads: 2 });
const result = await model.score(process.argv[2]);
model.dispose();
console.log(JSON.stringify(result));
`;

/** The same in a thread, which ends before the program does. */
export const SCORE_IN_WORKER = `
import { once } from "node:events";
import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("./score.mjs", import.meta.url), { argv: [process.argv[2]] });
const [code] = await once(worker, "exit");
process.exitCode = code;
`;

/** Prints the code of what loading a model throws. */
export const LOAD = `
import { EngineError, loadModel } from "vqathinker";
try {
  await loadModel("tiny");
  console.log("loaded");
} catch (error) {
  console.log(error instanceof EngineError ? error.code : error);
}
`;

/** Every kind of thing that the package exports, used as its types say. */
const TYPED = `
import { EngineError, type ErrorCode, evaluate, loadModel, openTrainer, type Reward, train, type TrainEvent, type VideoScore } from "vqathinker";
import * as inspect from "vqathinker/inspect";

export async function scores(paths: string[], signal: AbortSignal): Promise<(number | null)[]> {
  const model = await loadModel("tiny", { threads: 1 });
  const found: (number | null)[] = [];
  for await (const result of model.scoreMany(paths, { signal })) {
    const { score }: VideoScore = result;
    found.push(score);
  }
  const trainer = await openTrainer(model, { trainable: ["projector"] });
  trainer.dispose();
  model.dispose();
  return found;
}
export const short: Reward = ({ videos }) =>
  videos.map(({ answers }) => Float64Array.from(answers, ({ text }) => (text.length < 100 ? 1 : 0)));
export const codeOf = (error: unknown): ErrorCode | null => (error instanceof EngineError ? error.code : null);
export const names: string[] = Object.keys(inspect);
export const step = (event: TrainEvent): number | null => (event.type === "step" ? event.reward : null);
export { evaluate, train };
// @ts-expect-error A path is text.
export const wrong = loadModel(3);
`;

/** Writes the programs into the folder in which the package is installed, or will be. */
export function writePrograms(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest))
    writeFileSync(manifest, JSON.stringify({ name: "stranger", private: true, type: "module" }));
  const files = {
    "import.mjs": IMPORT,
    "score.mjs": SCORE_BY_API,
    "worker.mjs": SCORE_IN_WORKER,
    "load.mjs": LOAD,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** What each way of TypeScript to find modules is set to. */
export const RESOLUTIONS = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;

/** Writes a TypeScript program beside them and gives its configuration's file. */
export function writeTyped(folder: string, resolution: keyof typeof RESOLUTIONS): string {
  const place = join(folder, resolution);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(place, "consumer.ts"), TYPED);
  const compilerOptions = {
    ...RESOLUTIONS[resolution],
    target: "es2023",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"],
  };
  const file = join(place, "tsconfig.json");
  writeFileSync(file, JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  return file;
}
