/** Presets: settings of a run as data, each with where it is from. */

/** @typeParam I  what a user writes. */
export type Preset<I extends object> = {
  readonly [K in keyof I]?: { readonly value: I[K]; readonly from: string };
};

/** The preset under the user's keys: a key that the user gives wins as a whole. */
export function withPreset<I extends object>(preset: Preset<I>, keys: I): I {
  const settings = preset as Readonly<Record<string, { readonly value: unknown }>>;
  const values = Object.entries(settings).map(([key, { value }]) => [key, value]);
  const given = Object.entries(keys).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...values, ...given]) as I;
}
