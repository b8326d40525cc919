/** The README's picture says what the model says today. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CAPTION, scoredClips } from "../../../../scripts/docs/score-picture.js";
import { scoreSvg } from "../../../../scripts/docs/score-svg.js";
import { readSource } from "../../../helpers/sources.js";

/** Texts of a drawing, joined, so that it does not matter where lines break. */
const words = (svg: string) =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join(" ");
/** Scores are printed with two decimals; another processor may round the last one otherwise. */
const rounded = (text: string) => text.replace(/\d\.\d\d/g, (number) => Number(number).toFixed(1));

describe("docs/score.svg", () => {
  it("has the scores, the reasoning and the true worth of its clips: npm run docs -- --picture draws it anew", async () => {
    const clips = await scoredClips(1);
    assert.equal(rounded(words(readSource("docs/score.svg"))), rounded(words(scoreSvg(clips, CAPTION))));
    assert.ok(clips.every(({ frames }) => frames.length === 3));
  });

  it("draws a score where it is on its scale", () => {
    const clip = { frames: [], scale: { min: 1, max: 5 }, reasoning: "a & b", truth: 3 };
    const length = (score: number) =>
      Number(/<rect [^>]*width="([\d.]+)" [^>]*fill="#3465c4"/.exec(scoreSvg([{ ...clip, score }], ""))?.[1]);
    assert.equal(length(1), 0);
    assert.equal(length(3) * 2, length(5));
    assert.match(scoreSvg([{ ...clip, score: 2 }], ""), /a &amp; b/);
  });
});
