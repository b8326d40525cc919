/** What setting up needs to know of this machine: for which libtorch the addon was built, and whether a card is here. */
import { EngineError } from "../core/errors.js";
import { describeCard } from "../native/cuda.js";
import { cudaCrash } from "../native/cuda-trial.js";
import { addonPath, type Loader, openLoader } from "../native/loader.js";

/** The loader beside the addon; null where there is no addon, or none that this machine can load. */
export function loaderHere(): Loader | null {
  try {
    return openLoader(addonPath());
  } catch (error) {
    if (error instanceof EngineError && error.code === "E_UNAVAILABLE") return null;
    throw error;
  }
}

/** The first card that an NVIDIA driver shows, in words; null where there is none, or a driver that crashes. */
export function cardHere(loader: Loader | null): string | null {
  const card = loader === null || cudaCrash() !== null ? undefined : loader.cudaDriver().cards[0];
  return card === undefined ? null : describeCard(card);
}
