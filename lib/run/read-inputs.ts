/** What a run's inputs are known by, read where they lie. Opens no video and no model. */
import { readFile } from "node:fs/promises";
import { optionError } from "../core/check.js";
import { sha256 } from "../core/digest.js";
import { toJson } from "../core/jsonl.js";
import { refuse } from "../core/refuse.js";
import type { PreparedMethod } from "../train/method.js";
import type { Schedule } from "../train/schedule.js";
import type { GivenVideos } from "./dataset.js";
import type { Engine } from "./engine.js";
import type { InputPlaces, Inputs } from "./inputs.js";

/**
 * @param schedule  a program's own.
 * @throws {EngineError} E_FORMAT when a file of them cannot be read.
 */
export async function readInputs(
  { model, slowfast, data, prompt, evalData }: InputPlaces,
  { dataset, evalDataset }: GivenVideos,
  { given, rewardModules: rewards }: Pick<PreparedMethod<object>, "given" | "rewardModules">,
  schedule: Schedule | undefined,
  engine: Engine,
): Promise<Inputs> {
  const list = dataset === undefined && data !== undefined ? { list: await hashOf(data) } : {};
  return {
    ...list,
    ...(dataset === undefined ? {} : { dataset: sha256(toJson(dataset)) }),
    ...(evalData === undefined ? {} : { evalList: await hashOf(evalData) }),
    ...(evalDataset === undefined ? {} : { evalDataset: sha256(toJson(evalDataset)) }),
    ...(prompt === undefined ? {} : { prompt: await hashOf(prompt) }),
    given: { ...given, ...(schedule === undefined ? {} : { schedule: "a function" }) },
    ...(rewards === undefined || rewards.size === 0 ? {} : { rewards: await hashesOf(rewards) }),
    ...(await engine.identify(model, slowfast)),
  };
}

async function hashesOf(files: ReadonlyMap<string, string>): Promise<Record<string, string>> {
  const hashes: [string, string][] = [];
  for (const [name, file] of files) {
    const bytes = await readFile(file).catch((error: Error) => {
      throw optionError(`the module of reward ${name}`, "a file that can be read", file, error.message);
    });
    hashes.push([name, sha256(bytes)]);
  }
  return Object.fromEntries(hashes);
}

/** SHA-256 of a file's bytes. @throws {EngineError} E_FORMAT when it cannot be read. */
export async function hashOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: Error) =>
    refuse(file, null, `cannot be read: ${error.message}`, error),
  );
  return sha256(bytes);
}
