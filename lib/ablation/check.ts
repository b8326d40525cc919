/** What a model's shape alone says against a table's rows, before its weights are read. */

import { shippedCheckpoint } from "../checkpoint/shipped.js";
import { optionError } from "../core/check.js";
import { readFolder } from "../model/shape.js";
import { parseConfig } from "../run/config.js";
import { nativeEngine } from "../run/engine.js";
import type { Plan } from "./options.js";
import { rowKeys } from "./row-keys.js";
import { TABLE_4 } from "./table.js";

/**
 * @throws {EngineError} E_OPTION for rows with motion where the model has none, and for keys that do not fit the model;
 *   E_FORMAT for what is no checkpoint.
 */
export async function checkFits(plan: Plan): Promise<void> {
  const { checkpoint } = await readFolder(shippedCheckpoint(plan.model) ?? plan.model, {});
  const moving = plan.rows.filter((row) => TABLE_4[row].motion);
  if (!checkpoint.hasMotion && moving.length > 0) {
    const hint = `its rows are those without motion; of these, ${moving.join(", ")} need a checkpoint with SlowFast`;
    throw optionError("model", "a checkpoint with motion parts", plan.model, hint);
  }
  for (const row of plan.rows)
    await nativeEngine.checkFits({ ...parseConfig(rowKeys(row, plan)), model: plan.model });
}
