/** Numbers that a trainer takes, for those who refuse them earlier than it does. */

/** A weight that no gradient reaches is divided by epsilon alone: it must not be 0 in float32. */
export const LEAST_EPSILON = 1e-30;
