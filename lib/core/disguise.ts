/**
 * Files that are not what their name says, told by their first bytes: what downloads and archives leave where weights,
 * tokenizers, lists or videos should be. The one place that knows them; it opens and parses none of them.
 */
import { toType } from "./to-type.js";

/** So many bytes are enough to tell. */
export const TELLING_BYTES = 512;

const PATTERNS: readonly (readonly [start: RegExp, words: string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    "a git-lfs pointer: the file itself was not fetched (git lfs pull)",
  ],
  [/^\/?(\.git\/)?annex\/objects\//, "a git-annex pointer: the file itself was not fetched (git annex get)"],
  [/^\s*(<!doctype html|<html[\s>])/i, "a web page: the download was refused or led elsewhere"],
  [/^\s*<\?xml[^>]*>\s*<(error|html)\b/i, "an error message of a server: the download was refused"],
  [
    /^\s*((entry|repository|revision) not found|404: not found|not found$|invalid (username|credentials)|(access|permission) denied|unauthori[sz]ed|access to (the )?(model|repo|dataset)\b|\{"error":"[^"]*"\}\s*$)/i,
    "an error message of a server: the download was refused",
  ],
  [/^\0{64,}$/, "nothing but zeros: the download did not finish"],
  [
    /^(\xef\xbb\xbf)?\s*(#EXTM3U\b|\[playlist\]|<asx\b|(<\?xml[^>]*>\s*)?<playlist\b)/i,
    "a playlist: join the files that it lists into one file first",
  ],
  [/^.{257}ustar/s, "a tar archive: unpack it first"],
  [/^.{5}\0\0\0\{\s*"/s, "a safetensors file"],
];

const SIGNATURES: readonly (readonly [words: string, ...starts: string[]])[] = [
  ["a zip archive", "PK\x03\x04"],
  ["a pickle of Python", "\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"],
  ["a gzip archive: unpack it first", "\x1f\x8b"],
  ["an xz archive: unpack it first", "\xfd7zXZ"],
  ["a bzip2 archive: unpack it first", "BZh91AY&SY"],
  ["a zstd archive: unpack it first", "\x28\xb5\x2f\xfd"],
  ["an archive: unpack it first", "7z\xbc\xaf\x27\x1c", "Rar!"],
  ["a GGUF file, which is not read here: take the safetensors of the same model", "GGUF"],
  ["an HDF5 file, which is not read here", "\x89HDF"],
  ["a NumPy array, which is not read here", "\x93NUMPY"],
];

/** Pictures, sound and documents, where a text is expected. */
const MEDIA: readonly (readonly [words: string, at: number, ...marks: string[]])[] = [
  ["a video or picture (MP4, MOV)", 4, "ftyp"],
  ["a video (MP4, MOV)", 4, "moov", "mdat", "wide", "free"],
  ["a video (Matroska, WebM)", 0, "\x1aE\xdf\xa3"],
  ["a video (AVI)", 8, "AVI "],
  ["a video (FLV)", 0, "FLV\x01"],
  ["a video or sound (Ogg)", 0, "OggS"],
  ["a video (MPEG)", 0, "\0\0\x01\xb3", "\0\0\x01\xba"],
  ["a picture (PNG)", 0, "\x89PNG"],
  ["a picture (JPEG)", 0, "\xff\xd8\xff"],
  ["a picture (GIF)", 0, "GIF8"],
  ["a PDF", 0, "%PDF-"],
];

/** The two forms of torch.save's files, by what `disguise` calls them. */
const TORCH = /^a (zip archive|pickle)/;

/** What bytes at a file's start say that it is, and what to do; null for what is none of these. */
export function disguise(start: Uint8Array): string | null {
  const text = Buffer.from(start.subarray(0, TELLING_BYTES)).toString("latin1");
  const signed = SIGNATURES.find(([, ...starts]) => starts.some((sign) => text.startsWith(sign)));
  return signed?.[0] ?? PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** As above, where a text is expected: also what pictures are kept in, and any other bytes with a zero among the first. */
export function noText(start: Uint8Array): string | null {
  const known = disguise(start);
  if (known !== null) return known;
  const bytes = start.subarray(0, TELLING_BYTES);
  const text = Buffer.from(bytes).toString("latin1");
  // The letters of some marks are those of a text, too.
  if (!bytes.some((byte) => byte === 0 || byte > 0x7f) && !text.startsWith("%PDF-")) return null;
  const media = MEDIA.find(([, at, ...marks]) => marks.some((mark) => text.startsWith(mark, at)));
  return media?.[0] ?? (bytes.includes(0) ? "binary data, no text" : null);
}

/** As above, where safetensors are expected: files of torch.save can be made into that. */
export function disguisedWeights(start: Uint8Array): string | null {
  const found = disguise(start);
  if (found === null || !TORCH.test(found)) return found;
  return `${found}, as torch.save writes: ${toType("convert", "IN", "--out", "FILE.safetensors")} makes safetensors of it`;
}
