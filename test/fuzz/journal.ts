/** Fuzz target: the journal of an interrupted scoring, which a disk or a person may have spoilt. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EngineError } from "../../lib/core/errors.js";
import type { Draws } from "../../lib/core/rng.js";
import { openJournal } from "../../lib/infer/journal-file.js";
import { oneOf, spoilt } from "./draw.js";
import { packed, takesFolder } from "./folder.js";
import { JSON_WORDS, jsonText, words } from "./json.js";

export const READERS = ["lib/infer/journal-file.ts"];

const HASH = "0".repeat(64);
const VIDEOS = 9;
const FILE = "r.csv.journal";
const SUBJECT = {
  model: {
    files: { "config.json": HASH },
    weights: [
      {
        name: "model.safetensors",
        bytes: 8,
        modified: "2026-01-01T00:00:00.000Z",
        header: HASH,
        sample: HASH,
      },
    ],
  },
  list: { videos: VIDEOS, sha256: HASH },
  settings: { frames: 4, question: null },
};
const RESULT = {
  file: "a.mp4",
  score: 2.5,
  scale: { min: null, max: 5 },
  status: "ok",
  reasoning: "so",
  answer: null,
  frameTimes: [0, 0.5],
  seconds: 1,
};
const KEYS = [
  ...Object.keys(RESULT),
  ...Object.keys(SUBJECT),
  "batch",
  "place",
  "choice",
  "notice",
  "vqathinkerJournal",
  "expected",
  "expectedMass",
  "",
];
const WORDS = [...JSON_WORDS, ...words('"ok"', '"failed"', '{"batch":', '"place":', "\u0000\u0000", "\n\n")];

export function make(draws: Draws): Uint8Array {
  const line = () => ({
    batch: Array.from({ length: 1 + draws.below(3) }, () => ({
      place: draws.below(VIDEOS),
      result: {
        ...RESULT,
        ...oneOf(draws, [{}, { expected: 2.25, expectedMass: 0.5 }, { expected: null, expectedMass: null }]),
        status: oneOf(draws, ["ok", "unparsed"]),
      },
    })),
  });
  const lines = [{ vqathinkerJournal: 1, ...SUBJECT }, ...Array.from({ length: draws.below(4) }, line)];
  const text = lines.map((value) => `${jsonText(draws, value, KEYS)}\n`).join("");
  return packed({ [FILE]: spoilt(draws, new TextEncoder().encode(text), WORDS) });
}

export function check(input: Uint8Array): Promise<boolean> {
  return takesFolder(input, [FILE], async (dir) => {
    const said: string[] = [];
    const options = { resume: true, onTrouble: (message: string) => void said.push(message) };
    const journal = await openJournal(join(dir, FILE), SUBJECT, options).catch((error: Error) => {
      // The one refusal that is of an option: its results are of something else.
      const { message } = error;
      throw message.includes("of something else") ? new EngineError("E_FORMAT", `${dir}: ${message}`) : error;
    });
    const known = Array.from({ length: VIDEOS }, (_, place) => journal.known(place)).filter((one) => one);
    assert.equal(known.length, journal.kept, "every result is of a video of the list");
    assert.ok(said.length === 0 || (journal.kept === 0 && said[0]?.endsWith("begun anew")), said[0]);
    await journal.close();
  });
}
