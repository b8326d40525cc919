/** What a set-up of this checkout provides: the libtorch that its addon was built for, made up. Needs the built addon. */
import { minorVersion } from "../../lib/libtorch/libtorch.js";
import { addonPath, openLoader } from "../../lib/native/loader.js";
import { madeUpLibtorch, openableWheel } from "./made-up-libtorch.js";
import { type Served, type WheelFacts, wheelIndex, wheelName } from "./wheels.js";

/** "2.13.0" */
export const SERVED = openLoader(addonPath()).builtFor;
export const SERVED_MINOR = minorVersion(SERVED);
/** Its folder in a cache. */
export const SERVED_FOLDER = `libtorch-${SERVED}`;
export const SERVED_WHEEL = wheelName(SERVED);

/** @param files  more of them, or others. */
export function servedWheel(files: WheelFacts["files"] = {}): Uint8Array {
  return openableWheel(madeUpLibtorch(SERVED), { version: `${SERVED}+cpu`, files });
}

/** An index with that wheel. */
export function servedIndex(wheel = servedWheel()): Promise<Served> {
  return wheelIndex(wheel, { name: SERVED_WHEEL });
}
