/** The device that a model is opened on: what was asked for, held against this machine. */
import { optionError } from "../core/check.js";
import { EngineError } from "../core/errors.js";
import { findLibtorch } from "../libtorch/libtorch.js";
import { nativeNow } from "../native/call.js";
import { bestDevice, lookAtCuda, requireCuda, requireLibtorchFor } from "../native/cuda.js";
import { requireNoCrash } from "../native/cuda-trial.js";
import { addonPath, type CudaCard, openLoader } from "../native/loader.js";
import { isDevice } from "./limits.js";

/** @throws {EngineError} by the name alone: E_OPTION for none, E_UNAVAILABLE for a card that is not the first. */
export function checkDevice(asked: string): void {
  if (!isDevice(asked)) throw optionError("device", "auto, cpu or cuda", asked);
  if (!asked.startsWith("cuda") || isCard(asked)) return;
  const message = `device '${asked}': expected cuda or cuda:0; choose another card with CUDA_VISIBLE_DEVICES`;
  throw new EngineError("E_UNAVAILABLE", message, { details: { device: asked } });
}

/**
 * Before libtorch is opened for this device, which may wake a driver.
 *
 * @throws {EngineError} E_UNAVAILABLE where that crashes, and for what a machine without libtorch lacks beside it;
 *   E_NO_LIBTORCH where libtorch alone is missing.
 */
export function prepareDevice(asked: string): void {
  if (wakesDriver(asked)) requireNoCrash(asked);
  if (isCard(asked)) requireLibtorchFor(asked, addonPath());
}

/** @throws {EngineError} E_UNAVAILABLE for a card that was asked for and cannot be used. */
export function chooseDevice(asked: string): string {
  // Without one that libtorch sees nobody need ask the driver.
  if (asked === "auto" && nativeNow((native) => !native.info().cuda)) return "cpu";
  if (asked !== "auto" && !isCard(asked)) return asked;
  const facts = nativeNow((native) => lookAtCuda(addonPath(), native));
  if (asked === "auto") return bestDevice(facts);
  requireCuda(asked, facts);
  return asked;
}

/**
 * The card that a model asked to be opened on this device will be on; null for the CPU, for which nothing is looked at.
 *
 * @throws {EngineError} as checkDevice, prepareDevice and chooseDevice.
 */
export function cardOf(asked: string): Pick<CudaCard, "bytes"> | null {
  checkDevice(asked);
  if (asked === "cpu") return null;
  prepareDevice(asked);
  if (chooseDevice(asked) === "cpu") return null;
  return openLoader(addonPath()).cudaDriver().cards[0] ?? { bytes: 0 };
}

function isCard(device: string): boolean {
  return /^cuda(:0)?$/.test(device);
}

/** Whether opening libtorch may wake a driver on behalf of this device. */
function wakesDriver(asked: string): boolean {
  return isCard(asked) || (asked === "auto" && findLibtorch(openLoader(addonPath()).builtFor).cuda);
}
