/** Calls that change what a model is are alone with it: what another one says of it must still be so when that is done. */
import { EngineError } from "../core/errors.js";

/** How many calls work on a model side by side; "alone" for one that changes it. */
const working = new WeakMap<object, number | "alone">();

function busy(what: string): EngineError {
  return new EngineError("E_BUSY", `another call ${what}; await it first`);
}

/** @throws {EngineError} E_BUSY while any other call of these works on the model. */
export async function alone<T>(model: object, work: () => Promise<T>): Promise<T> {
  const others = working.get(model);
  if (others !== undefined)
    throw busy(others === "alone" ? "works on this model's adapter" : "saves this model");
  working.set(model, "alone");
  try {
    return await work();
  } finally {
    working.delete(model);
  }
}

/** For calls that leave the model as it is. @throws {EngineError} E_BUSY while one is alone with it. */
export async function sideBySide<T>(model: object, work: () => Promise<T>): Promise<T> {
  const others = working.get(model) ?? 0;
  if (others === "alone") throw busy("works on this model's adapter");
  working.set(model, others + 1);
  try {
    return await work();
  } finally {
    const left = (working.get(model) as number) - 1;
    if (left === 0) working.delete(model);
    else working.set(model, left);
  }
}
