/** What an ablation reads and keeps: files that no output of it may take the place of. Opens no video and no model. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { type NamedPath, realPlace, refuseOverlap } from "../core/output-place.js";
import { isWithin } from "../core/within.js";
import { readEntries } from "../data/manifest.js";
import { modelFiles } from "../model/model-files.js";
import { listOptions } from "./lists.js";
import { type AblateOptions, type Plan, planOf } from "./options.js";

/**
 * May this file be written beside an ablation of these options?
 *
 * @param more  other files that must stay as they are.
 * @throws {EngineError} E_OPTION where it is an input (a list, a listed video, a prompt, a file of the model, one of `more`),
 *   or lies in the ablation's own folder, by whatever name; and as planOf. E_FORMAT for a list that cannot be read.
 */
export async function refuseInputs(
  output: NamedPath,
  options: AblateOptions,
  more: readonly NamedPath[],
): Promise<void> {
  const plan = planOf(options);
  if (isWithin(await realPlace(output.path), await realPlace(plan.out)))
    throw optionError(
      output.name,
      "a file outside the ablation's own folder",
      output.path,
      `out is ${plan.out}`,
    );
  await refuseOverlap([output], [...more, ...(await inputsOf(plan)), ...(await ownFiles(plan))]);
}

async function inputsOf(plan: Plan): Promise<NamedPath[]> {
  const { model, data, sets, config, prompt, answerPrompt, startReplies } = plan;
  const lists = [
    { name: "data", path: data, labels: "scores" as const },
    ...sets.map(({ domain, list }) => ({ name: domain, path: list, labels: "scores" as const })),
    ...(startReplies === null
      ? []
      : [{ name: "startReplies", path: startReplies, labels: "replies" as const }]),
  ];
  const inputs: NamedPath[] = [...lists, ...(await modelFiles(shippedCheckpoint(model) ?? model))];
  for (const [name, path] of Object.entries({ prompt, answerPrompt }))
    if (path !== null) inputs.push({ name, path });
  for (const { path, labels } of lists) {
    // Those that are rendered are not there at first.
    if (plan.clips !== null && labels === "scores" && !existsSync(path)) continue;
    const entries = await readEntries(path, listOptions(config), labels);
    inputs.push(...entries.map(({ video }) => ({ name: "a listed video", path: video })));
  }
  return inputs;
}

/** Files in the folder may have other names elsewhere. */
async function ownFiles({ out }: Plan): Promise<NamedPath[]> {
  const names = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => []);
  return names
    .filter((one) => !one.isDirectory())
    .map(({ parentPath, name }) => ({ name: "the ablation's own folder", path: join(parentPath, name) }));
}
