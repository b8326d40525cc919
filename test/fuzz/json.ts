/** JSON that is nearly right: a true value written out with lies in its structure. */
import { isJsonObject } from "../../lib/core/json.js";
import type { Draws } from "../../lib/core/rng.js";
import { once, oneOf, spoilt } from "./draw.js";

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
/** JSON in place of what belongs there. */
export const LIES: readonly string[] = [
  ..."null true -1 -0 0 1 1.5 1e2 1e400 9007199254740991 9007199254740993 4294967296 2147483648".split(" "),
  ...'"" "F32" "\\u0046\\u0033\\u0032" "\\ud800" "\\u0000" [] {} [0] [0,0] [0,4] [4,0] [0,0,0] [[0,0]]'.split(
    " ",
  ),
  ...['{"dtype":"F32"}', '{"dtype":"F32","shape":[],"data_offsets":[0,4]}', '{"__proto__":{}}'],
  ...[nested(70), nested(20_000), JSON.stringify("long".repeat(1000))],
];

export function words(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

export const JSON_WORDS = words(...LIES, "\\u0061", '"', "\\", ",", ":", "\ufeff", "}", "\n");

/** A member of an object as text, so that keys can stand twice. */
export type Member = [key: string, value: string];

export function objectText(members: readonly Member[]): string {
  return `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`;
}

/** Puts a lie in the place of one value, a key, or a whole member. */
export function lie(draws: Draws, members: Member[], keys: readonly string[]): void {
  const at = draws.below(members.length);
  const member = members[at];
  if (member === undefined) return;
  const kind = draws.below(5);
  if (kind === 0) members.splice(at, 1);
  else if (kind === 1) members.push([member[0], oneOf(draws, [member[1], ...LIES])]);
  else if (kind === 2) member[0] = JSON.stringify(oneOf(draws, keys));
  else member[1] = oneOf(draws, LIES);
}

/**
 * A value as JSON text: as it is, or with few lies, or with many.
 *
 * @param keys  That a member may come to have instead of its own.
 */
export function jsonText(draws: Draws, value: unknown, keys: readonly string[]): string {
  const rate = oneOf(draws, [4, 16, 64, 256, 2 ** 20]);
  const write = (part: unknown): string => {
    if (once(draws, rate)) return oneOf(draws, LIES);
    if (Array.isArray(part)) return `[${part.map(write).join(",")}]`;
    if (!isJsonObject(part)) return JSON.stringify(part);
    const members = Object.entries(part).map(([key, item]): Member => [JSON.stringify(key), write(item)]);
    while (once(draws, rate)) lie(draws, members, keys);
    return objectText(members);
  };
  return write(value);
}

/** The bytes of jsonText, spoilt. */
export function jsonBytes(draws: Draws, value: unknown, keys: readonly string[]): Uint8Array {
  return spoilt(draws, new TextEncoder().encode(jsonText(draws, value, keys)), JSON_WORDS);
}
