/** What a reward returned → K finite numbers or null for each video, or its refusal by the reward's name. */
import { EngineError } from "../core/errors.js";
import { shown } from "../core/refuse.js";
import type { RewardVideo } from "./reward.js";

/**
 * @param returned  as it came, of any kind.
 * @returns         [videos][K], a copy.
 * @throws {EngineError} E_OPTION for another shape, a hole included; E_NUMERIC for a number that is not finite.
 */
export function checkReturned(
  name: string,
  returned: unknown,
  videos: readonly RewardVideo[],
): (number | null)[][] {
  if (!Array.isArray(returned) || returned.length !== videos.length) {
    const found = Array.isArray(returned) ? returned.length : shown(returned);
    const hint = returned === undefined ? "; is its return missing?" : "";
    const message = `reward ${name}: expected ${videos.length} arrays, one per video, found ${found}${hint}`;
    throw new EngineError("E_OPTION", message, { details: { reward: name } });
  }
  return videos.map((video, i) => checkGroup(name, returned[i], video));
}

function checkGroup(name: string, group: unknown, { id, answers }: RewardVideo): (number | null)[] {
  if (!isList(group) || group.length !== answers.length) {
    const found = isList(group) ? group.length : shown(group);
    const message = `reward ${name}: expected ${answers.length} numbers for video ${id}, found ${found}`;
    throw new EngineError("E_OPTION", message, { details: { reward: name, video: id } });
  }
  return Array.from(answers, (_, k) => {
    const value = group[k];
    if (value === null) return null;
    if (typeof value !== "number") {
      const message = `reward ${name}: expected a number or null for answer ${k} of video ${id}, found ${shown(value)}`;
      throw new EngineError("E_OPTION", message, { details: { reward: name, video: id, answer: k } });
    }
    return checkFinite(`reward ${name}`, value, id, k);
  });
}

/** @throws {EngineError} E_NUMERIC naming what it is, the answer and its video. */
export function checkFinite(what: string, value: number, video: string, answer: number): number {
  if (Number.isFinite(value)) return value;
  const message = `${what} is ${value} for answer ${answer} of video ${video}`;
  throw new EngineError("E_NUMERIC", message, { details: { video, answer } });
}

/** An array or a typed array. */
function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
