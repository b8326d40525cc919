/**
 * The child of cuda-trial.ts: asks the driver, opens libtorch and the CUDA kernels, and asks libtorch for the device.
 * What fails in an orderly way fails again in the process that uses it, in better words; here only the end counts.
 */

import { load } from "./load.js";
import { addonPath, openLoader } from "./loader.js";

try {
  const addon = addonPath();
  openLoader(addon).cudaDriver();
  const native = load(addon, process.env);
  native.info();
  native.cudaBuild();
} catch {
  // Told by whoever uses it.
}
process.stdout.write("tried\n");
