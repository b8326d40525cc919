/** Python source as tokens, and the values of its string literals; nothing is executed. Knows nothing of prompts. */

export interface PythonToken {
  readonly kind: "name" | "string" | "mark";
  /** As it is written. */
  readonly text: string;
  /** Of a string: what it says; null where only executing it would tell (f"", b"", \N{name}) or it is malformed. */
  readonly value: string | null;
}

const SKIPPED = /(?:[ \t\f\n]|\\\n|#[^\n]*)+/y;
const STRING =
  /([A-Za-z]{0,2})("""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/y;
const NAME = /[\p{ID_Start}_]\p{ID_Continue}*/uy;
const NUMBER = /\d[\w.]*/y;

/**
 * @returns null when a string does not end, or quotes stand where no string can begin: the rest is then uncertain.
 */
export function pythonTokens(source: string): PythonToken[] | null {
  const text = source.replace(/\r\n?/g, "\n");
  const tokens: PythonToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    at += match?.[0].length ?? 0;
    return match;
  };
  while (at < text.length) {
    if (take(SKIPPED) !== null) continue;
    const string = take(STRING);
    if (string !== null) {
      const [written, prefix = "", quoted = ""] = string;
      tokens.push({ kind: "string", text: written, value: stringValue(prefix.toLowerCase(), quoted) });
      continue;
    }
    const word = take(NAME)?.[0];
    const mark = word === undefined ? (take(NUMBER)?.[0] ?? text[at++] ?? "") : "";
    if (mark === '"' || mark === "'") return null;
    tokens.push({ kind: word === undefined ? "mark" : "name", text: word ?? mark, value: null });
  }
  return tokens;
}

function stringValue(prefix: string, quoted: string): string | null {
  const quotes = /^(?:"""|''')/.test(quoted) ? 3 : 1;
  const body = quoted.slice(quotes, -quotes);
  if (prefix === "r") return body;
  return prefix === "" || prefix === "u" ? unescaped(body) : null;
}

const NAMED: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Escapes resolved as Python does, which leaves a backslash before any other character. */
function unescaped(body: string): string | null {
  let certain = true;
  const value = body.replace(
    /\\(?:([0-7]{1,3})|([xuU])([0-9A-Fa-f]*)|([\s\S]))/g,
    (whole, octal?: string, kind?: string, hex = "", other = "") => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (kind === undefined) {
        certain &&= other !== "N";
        return NAMED[other] ?? whole;
      }
      const digits = hex.slice(0, DIGITS[kind]);
      const code = Number.parseInt(digits, 16);
      // A half of a surrogate pair is a character to Python, but to no encoding.
      certain &&= digits.length === DIGITS[kind] && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
      return certain ? String.fromCodePoint(code) + hex.slice(digits.length) : "";
    },
  );
  return certain ? value : null;
}
