/** What a run's inputs are known by, read where they lie. Opens no video and no model. */
import { readFile } from "node:fs/promises";
import { sha256 } from "../core/digest.js";
import { toJson } from "../core/jsonl.js";
import { refuse } from "../core/refuse.js";
import type { ReplyDataset } from "./dataset.js";
import type { Engine } from "./engine.js";
import type { InputPlaces, Inputs } from "./inputs.js";

/** @throws {EngineError} E_FORMAT when a file of them cannot be read. */
export async function readInputs(
  { model, slowfast, data, prompt, evalData }: InputPlaces,
  dataset: ReplyDataset | undefined,
  engine: Engine,
): Promise<Inputs> {
  const list = dataset === undefined && data !== undefined ? { list: await hashOf(data) } : {};
  return {
    ...list,
    ...(dataset === undefined ? {} : { dataset: sha256(toJson(dataset)) }),
    ...(evalData === undefined ? {} : { evalList: await hashOf(evalData) }),
    ...(prompt === undefined ? {} : { prompt: await hashOf(prompt) }),
    ...(await engine.identify(model, slowfast)),
  };
}

async function hashOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: Error) =>
    refuse(file, null, `cannot be read: ${error.message}`, error),
  );
  return sha256(bytes);
}
