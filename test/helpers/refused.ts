/** What every refusal of a file has in common. */
import assert from "node:assert/strict";
import { EngineError } from "../../lib/core/errors.js";

/** @param expected  The message behind the file's name. */
export function assertRefusal(error: unknown, file: string, expected: RegExp): void {
  assert.ok(error instanceof EngineError, String((error as Error)?.stack ?? error));
  assert.equal(error.code, "E_FORMAT");
  assert.ok(error.message.startsWith(file), error.message);
  assert.match(error.message.slice(file.length), expected);
}

export async function rejects(work: Promise<unknown>, file: string, expected: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assertRefusal(error, file, expected);
    return true;
  });
}
