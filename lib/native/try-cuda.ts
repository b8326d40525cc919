/**
 * The child of cuda-trial.ts: asks the driver, opens libtorch and the CUDA kernels, and asks libtorch for the device; told
 * "addon" it opens libtorch and the addon alone.
 * What fails in an orderly way fails again in the process that uses it, in better words; here only the end counts.
 */

import { cudaBuildOf } from "./cuda.js";
import { load } from "./load.js";
import { addonPath, openLoader } from "./loader.js";

const all = process.argv[2] !== "addon";
try {
  const addon = addonPath();
  if (all) openLoader(addon).cudaDriver();
  const native = load(addon, process.env);
  native.info();
  if (all) cudaBuildOf(addon, native);
} catch {
  // Told by whoever uses it.
}
process.stdout.write("tried\n");
