/** What the two sides of the fuzzer share: the input under way, and counts. */
import { MAX_INPUT_BYTES } from "./target.js";

/** What a worker is told. */
export interface FuzzWork {
  /** Address of the target's compiled module. */
  readonly module: string;
  readonly seed: number;
  readonly seconds: number;
  /** Only this input, instead of inputs from the seed. */
  readonly replay: Uint8Array | null;
  readonly progress: SharedArrayBuffer;
  /** A folder for the inputs that are files. */
  readonly scratch: string;
}

const [EXECUTIONS, ACCEPTED, LENGTH] = [0, 1, 2];
const COUNTERS = 3;

export class SharedProgress {
  readonly #counters: Int32Array;
  readonly #input: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#counters = new Int32Array(buffer, 0, COUNTERS);
    this.#input = new Uint8Array(buffer, COUNTERS * Int32Array.BYTES_PER_ELEMENT);
  }

  static buffer(): SharedArrayBuffer {
    return new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT + MAX_INPUT_BYTES);
  }

  begin(input: Uint8Array): void {
    this.#input.set(input);
    Atomics.store(this.#counters, LENGTH, input.length);
  }

  end(accepted: boolean): void {
    Atomics.add(this.#counters, EXECUTIONS, 1);
    if (accepted) Atomics.add(this.#counters, ACCEPTED, 1);
  }

  get executions(): number {
    return Atomics.load(this.#counters, EXECUTIONS);
  }

  get accepted(): number {
    return Atomics.load(this.#counters, ACCEPTED);
  }

  /** The last input that was begun. */
  get input(): Uint8Array {
    return this.#input.slice(0, Atomics.load(this.#counters, LENGTH));
  }
}
