/** How often an answer names what a clip has. Pure. */
import { KINDS, type Kind, type Severities } from "./kinds.js";

export interface Told {
  readonly severities: Severities;
  readonly answer: string;
}

export interface WordsTold {
  readonly kind: Kind;
  /** Share of the clips with at least this severity whose answer names the kind; null without such clips. */
  readonly named: number | null;
  /** Share of the clips without the kind whose answer names it. */
  readonly invented: number | null;
}

/** @param least  severity from which a kind should be named. */
export function wordsTold(clips: readonly Told[], least: number): WordsTold[] {
  const share = (some: readonly Told[], kind: Kind) =>
    some.length === 0 ? null : some.filter(({ answer }) => answer.includes(kind)).length / some.length;
  return KINDS.map((kind) => ({
    kind,
    named: share(
      clips.filter(({ severities }) => (severities[kind] ?? 0) >= least),
      kind,
    ),
    invented: share(
      clips.filter(({ severities }) => severities[kind] === undefined),
      kind,
    ),
  }));
}
