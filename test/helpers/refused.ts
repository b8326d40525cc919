/** What every refusal has in common: of a file, and of any other kind. */
import assert from "node:assert/strict";
import { EngineError, type ErrorCode } from "../../lib/core/errors.js";

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

/** For assert.rejects: an error of ours with this code, whose message holds each of the parts. */
export function coded(code: ErrorCode, ...parts: string[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `'${part}' in: ${error.message}`);
    return true;
  };
}
