/** What the engine takes, for those who refuse it earlier than it does. */

/** A weight that no gradient reaches is divided by epsilon alone: it must not be 0 in float32. */
export const LEAST_EPSILON = 1e-30;

/**
 * Whether a name is a device's, of the numbers that libtorch has for them, or leaves the choice to the machine; whether
 * there is one, the engine says.
 */
export function isDevice(name: string): boolean {
  return /^(auto|cpu|cuda(:(\d|[1-9]\d))?)$/.test(name);
}
