/**
 * Which words may stand beside a number that is the score: few, and known. A word that is none of them may bound, count,
 * negate or change the number, so that it is left unread. Knows no number.
 */

/** What a rating is called. */
const SCORE =
  "scores?|scored|ratings?|rate[sd]?|grades?|marks?|mos|quality|answer|value|verdict|overall|final";
const OPINION = "excellent|great|good|fair|average|mediocre|poor|bad|low|medium|high";
/** What it is given with, directly before the number. */
const GIVEN =
  "is|it|be|was|as|at|a|an|it['’]s|that['’]s|say|says|said|so|then|thus|therefore|hence|give|gives|gave|assign|assigns|choose|" +
  "pick|get|gets|deserves?|equals|about|around|roughly|approximately|exactly|just|only|of";
const BEFORE_WORDS = new RegExp(`^(?:${SCORE}|${OPINION}|${GIVEN})$`, "iu");
/** Words that are one of them only together. */
const PHRASES =
  /(?:\b(?:rate|rated|give|score|call)\s+(?:the|this)\s+(?:video|clip|one)|\b(?:equal|set|comes)\s+to|\bout\s+of)$/iu;
/** Behind "of", only what a score is of: the root, the half and the number of something are none. */
const OF = new RegExp(`(?<!\\b(?:${SCORE}))\\s+of$|^of$`, "iu");
/** Lets a "not a" or "at least a" be seen behind what may be skipped. */
const SKIPPED = `(?:(?:${SCORE}|${OPINION}|${GIVEN}|the|this|that|my|its|video|clip|one|call)\\s+)*`;
const BOUND =
  "least|most|than|below|under|above|over|beyond|within|min|minimum|max|maximum|highest|lowest|lower|upper|up\\s+to|not|\\p{L}+n['’]t|cannot|never|no|neither|nor|without|hardly|nearly|almost|twice|double|half|root|sqrt";
const CHANGED = new RegExp(`(?<!\\p{L})(?:${BOUND})\\s+${SKIPPED}$`, "iu");
/** A bound or a count that a colon, a bracket or the like sets apart is one still. */
const KEY =
  /(?:(?<!\p{L})(?:least|most|than|not|min|minimum|max|maximum)|(?:^|[\n,.;{])[\s"'*_]*(?:(?:the\s+)?number\s+of\s+)?(?:frames?|seconds?|secs?|minutes?|mins?|fps))$/iu;
const FUNCTION = /(?:^|[^\p{L}])(?!(?:boxed|text|textbf|textit|mathbf|mathrm|bf)[([{])\p{L}+[([{]$/u;
const MARKS = /[\s*_`"'“‘«」「【~$]+$/u;

/** Behind the number: what a score has, and what begins a reason. */
const UNIT = "points?|stars?";
const REASON =
  "and|but|for|because|since|as|given|due|based|with|which|overall|so|when|considering|only|though";
const AFTER_WORDS = new RegExp(
  `^(?:(?:${UNIT}|${REASON}|${OPINION}|very|quite|rather|out)(?!\\p{L})|on\\s+(?:the|a|this|that)\\s|to\\s+me\\b|in\\s+(?:my|quality|terms)\\b|` +
    `is\\s+(?:what|(?:my|the|its|a|an)\\s+(?:\\p{L}+\\s+)?(?:${SCORE}))\\b)`,
  "iu",
);
const HIGHER =
  "more|less|higher|lower|better|worse|greater|above|below|over|under|up|upwards?|down|downwards?|beyond|so";
const BOUND_BEHIND = new RegExp(
  `^[\\s*_)\\]},;:(—]*(?:(?:${UNIT})\\s+(?:${HIGHER})|(?:(?:${UNIT})[\\s,(]+)?(?:` +
    `(?:or|and|but)\\s+(?:(?:a\\s+bit|even|slightly|rather|very|only|not)\\s+)?(?:${HIGHER})|` +
    "(?:(?:or|and|but)\\s+)?(?:at\\s+(?:the\\s+)?(?:very\\s+)?(?:least|most|best|worst)|plus|minus|min|minimum|max|maximum)))" +
    "(?!\\p{L})(?!\\s+(?:I|the|it|this)\\b)",
  "iu",
);

/** Whether what stands before the number leaves it as it is. */
export function leavesBefore(text: string): boolean {
  if (FUNCTION.test(text)) return false;
  const bare = text.replace(MARKS, "");
  const apart = text.replace(/[\s*_`"'“‘«」「【~$()[\]{}|:：=≈,→-]+$/u, "");
  if (/[\p{Sm}\p{Sc}]$/u.test(bare) && !/[≈=|→]$/u.test(bare)) return false;
  if (!/\p{L}$/u.test(bare)) return !KEY.test(apart);
  if (/\n\s*$/.test(text)) return !KEY.test(apart);
  const word = /\p{L}+(?:['’]\p{L}+)?$/u.exec(bare)?.[0] ?? "";
  if (!PHRASES.test(bare) && (!BEFORE_WORDS.test(word) || OF.test(bare))) return false;
  return !CHANGED.test(`${bare} `);
}

/** Whether what stands behind it does. */
export function leavesBehind(text: string): boolean {
  if (BOUND_BEHIND.test(text)) return false;
  const word = /^[*_)\]}"'”’»`$]*[^\S\n]+(\p{L}.*)$/su.exec(text)?.[1];
  return word === undefined || AFTER_WORDS.test(word);
}
