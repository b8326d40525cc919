/** How a key of a configuration is written on a command line: messages of every floor name flags. Pure. */

/** A unit at the end of a key is one word of its flag, whatever its capitals. */
const UNIT = /(?<=[a-z])[KMGT]i?B$/;

/** `--clip-cache-mib` for `clipCacheMiB`: words of small letters. */
export function flagOf(key: string): string {
  const unit = UNIT.exec(key)?.[0] ?? "";
  const words = key.slice(0, key.length - unit.length).replace(/[A-Z]/g, (letter) => `-${letter}`);
  return `--${words}${unit === "" ? "" : `-${unit}`}`.toLowerCase();
}

/** The unit that a key ends in; null for none. */
export function unitOf(key: string): string | null {
  return UNIT.exec(key)?.[0] ?? null;
}
