/** The pseudo mean opinion score of a clip from its severities, and the words for a severity and for a score. Pure. */

export const DISTORTIONS = ["blur", "noise", "compression", "exposure", "stutter"] as const;
export type Distortion = (typeof DISTORTIONS)[number];
export const UNSEEN_DISTORTIONS = ["pixelation", "banding", "impulse", "ghosting"] as const;
export type UnseenDistortion = (typeof UNSEEN_DISTORTIONS)[number];

/** Severity in [0, 1] of each distortion that a clip has; absent means 0. */
export type Severities = Readonly<Partial<Record<Distortion | UnseenDistortion, number>>>;

/** How much a full-severity distortion annoys. Chosen, not measured on people. */
export const WEIGHTS: Readonly<Record<Distortion | UnseenDistortion, number>> = {
  blur: 1,
  noise: 1,
  compression: 1.1,
  exposure: 0.9,
  stutter: 1,
  pixelation: 1.1,
  banding: 0.8,
  impulse: 1.1,
  ghosting: 0.9,
};

/** Standard deviation of the noise on a score: what a panel of viewers leaves. */
export const OPINION_NOISE = 0.08;
const STEEPNESS = 1.2;

/** 1 + 4·exp(−1.2·Σ weight·severity) + noise, kept in 1..5 and rounded to two decimals. */
export function opinion(severities: Severities, noise: number): number {
  let annoyance = 0;
  for (const [name, severity] of Object.entries(severities)) {
    annoyance += WEIGHTS[name as keyof typeof WEIGHTS] * severity;
  }
  const score = 1 + 4 * Math.exp(-STEEPNESS * annoyance) + noise;
  return Math.round(Math.min(Math.max(score, 1), 5) * 100) / 100;
}

export const SEVERITY_WORDS = ["none", "slight", "moderate", "severe"] as const;
export type SeverityWord = (typeof SEVERITY_WORDS)[number];

/** 0 is none; then slight below 0.4, moderate below 0.7, severe from there. */
export function severityWord(severity: number): SeverityWord {
  if (severity === 0) return "none";
  if (severity < 0.4) return "slight";
  return severity < 0.7 ? "moderate" : "severe";
}

export const QUALITY_WORDS = ["bad", "poor", "fair", "good", "excellent"] as const;

/** The word of the five-point scale nearest to a score in 1..5. */
export function qualityWord(score: number): (typeof QUALITY_WORDS)[number] {
  return QUALITY_WORDS[Math.min(Math.max(Math.round(score), 1), 5) - 1] ?? "bad";
}
