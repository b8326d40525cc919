/** What is read of a file of torch.save, whichever of its containers it came in. */
import type { Root, Value } from "../pickle/values.js";

export interface TorchFile {
  readonly format: "zip" | "legacy";
  readonly value: Value;
  /** Where a storage lies as it is; null when it lies there packed. */
  locate(root: Root): Promise<number | null>;
  /**
   * The bytes of a storage.
   *
   * @throws {EngineError} E_FORMAT when there are more than `most`.
   */
  readWhole(root: Root, most: number): Promise<Uint8Array>;
}
