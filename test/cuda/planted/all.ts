/** All faults that are planted: of each kind that the emulation must tell, and in every kernel. */
import { ATTENTION_FAULTS } from "./attention.js";
import type { Fault } from "./fault.js";
import { SAMPLE_FAULTS } from "./sample.js";
import { SHARED_FAULTS } from "./shared.js";
import { SMALL_FAULTS } from "./small.js";

export const FAULTS: readonly Fault[] = [
  ...SHARED_FAULTS,
  ...SMALL_FAULTS,
  ...ATTENTION_FAULTS,
  ...SAMPLE_FAULTS,
];
