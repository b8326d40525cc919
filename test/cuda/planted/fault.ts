/** A fault: a text that stands once in a file of the kernels, and what stands there instead. */

export interface Fault {
  /** What is wrong then. */
  readonly name: string;
  /** Below native/. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** The .cu files to compile again, where the fault is in a header. */
  readonly users?: readonly string[];
  /** GoogleTest's filter of the tests that must see it. */
  readonly tests: string;
  /** Planted in every `npm test`, too. */
  readonly sampled?: boolean;
}

/** The CUDA file of an operation. */
export const kernel = (operation: string): string => `kernels/${operation}/${operation}_cuda.cu`;
