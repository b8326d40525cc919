/** What of a value was there when it was recorded: keys that came later are left out, at every depth. */
export function recordedPart(now: unknown, recorded: unknown): unknown {
  if (Array.isArray(now) && Array.isArray(recorded))
    return now.map((one, i) => recordedPart(one, recorded[i]));
  if (!isObject(now) || !isObject(recorded)) return now;
  return Object.fromEntries(
    Object.entries(now)
      .filter(([key]) => Object.hasOwn(recorded, key))
      .map(([key, value]) => [key, recordedPart(value, recorded[key])]),
  );
}

/** The same of lines of JSON. */
export function recordedLines(now: readonly string[], recorded: readonly string[]): string[] {
  return now.map((line, i) =>
    JSON.stringify(recordedPart(JSON.parse(line), JSON.parse(recorded[i] ?? "null"))),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
