/** Bytes at the end of a file, all of them or none. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { cannotBeWritten } from "./durable.js";

/**
 * In one write, so that a reader sees them whole, and what a full disk took of them is cut off again.
 *
 * @throws {EngineError} E_FORMAT naming the file when it cannot be written.
 */
export function appendBytes(file: string, bytes: Uint8Array): void {
  try {
    const descriptor = openSync(file, "a");
    try {
      appendWhole(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    cannotBeWritten(file, error);
  }
}

function appendWhole(descriptor: number, bytes: Uint8Array): void {
  const { size } = fstatSync(descriptor);
  try {
    // One write may take less than all.
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  } catch (error) {
    try {
      ftruncateSync(descriptor, size);
    } catch {
      // The first failure is the one to be told; who reads the file knows what a cut end is.
    }
    throw error;
  }
}
