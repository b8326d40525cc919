/**
 * Where the tokenizers library in Rust and the one in JavaScript read the same `tokenizer.json` differently, because
 * their Unicode data differ, and what makes the second do as the first. Compared with tokenizers 0.23.3, whose regular
 * expressions know Unicode 16 and whose NFC knows Unicode 9, on a Node that knows 17; one that knows 16 agrees too,
 * as it takes the new letters for marks by itself.
 */
import { QWEN2_SPLIT } from "./byte-level.js";

/** A regular expression's class content out of hexadecimal ranges. */
function classOf(ranges: string): string {
  return ranges
    .split(" ")
    .map((range) =>
      range
        .split("-")
        .map((code) => `\\u{${code}}`)
        .join("-"),
    )
    .join("");
}

/** Letters and numbers of Unicode 17. */
const NEW_LETTERS = classOf(
  "88f c5c cdc a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3 " +
    "16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5 1e6e7-1e6ed 1e6f0-1e6f4 " +
    "1e6fe-1e6ff 2b73a-2b73f 2cea2-2cead 323b0-33479",
);

/** Marks that move, and characters that compose, of Unicode 10 to 17. */
const NEW_MARKS = classOf(
  "7fd 897-89f 8ca-8d3 9fe c3c d3b-d3c eba 1715 1abf-1add 1ae0-1aeb 1df6-1dfa a82c 105c9 105d2 105da 105e4 " +
    "10d24-10d27 10d69-10d6d 10eab-10eac 10efa-10efb 10efd-10eff 10f46-10f50 10f82-10f85 11070 1133b 11382-11385 " +
    "1138b 1138e 11390-11391 113b8 113bb 113c2 113c5 113c7-113c9 113ce-113d0 1145e 11839-1183a 11930 11935 11938 " +
    "1193d-1193e 11943 119e0 11a34 11a47 11a99 11d42 11d44-11d45 11d97 11f41-11f42 1611e-16129 1612f 16d63 " +
    "16d67-16d6a 16ff0-16ff1 1e08f 1e130-1e136 1e2ae 1e2ec-1e2ef 1e4ec-1e4ef 1e5ee-1e5ef 1e6e3 1e6e6 1e6ee-1e6ef 1e6f5",
);

const LETTER = `(?:(?![${NEW_LETTERS}])\\p{L})`;
const NUMBER = `(?:(?![${NEW_LETTERS}])\\p{N})`;
/** Neither space nor letter nor number, and neither line end nor letter nor number. */
const MARK = `(?:[^\\s\\p{L}\\p{N}]|[${NEW_LETTERS}])`;
const LEADING_MARK = `(?:[^\\r\\n\\p{L}\\p{N}]|[${NEW_LETTERS}])`;

/** Case is folded there as Unicode folds it, so that the long s (U+017F) is an s; here only ASCII is. */
const LIKE_RUST = [
  "'(?:[sS\\u017FtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])",
  `${LEADING_MARK}?${LETTER}+`,
  NUMBER,
  ` ?${MARK}+[\\r\\n]*`,
  "\\s*[\\r\\n]+",
  "\\s+(?!\\S)",
  "\\s+",
].join("|");

/** Qwen2's split in words that the library in JavaScript reads as the one in Rust reads the original; others as they are. */
export function splitLikeRust(pattern: unknown): unknown {
  return pattern === QWEN2_SPLIT ? LIKE_RUST : pattern;
}

const BARRIERS = new RegExp(`([${NEW_MARKS}])`, "u");

/** NFC to which characters after Unicode 9 are symbols that neither move nor compose. */
export function nfcLikeRust(text: string): string {
  return text
    .split(BARRIERS)
    .map((part) => part.normalize("NFC"))
    .join("");
}
