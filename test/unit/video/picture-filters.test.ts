/** The matrices that newer versions of swscale refuse; that bytes are decord's: ycgco.mp4, bt2020c.mp4 of the stored clips. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { toRgb } from "../../../lib/video/picture-filters.js";
import { probeVideo, type VideoFacts } from "../../../lib/video/probe.js";
import { goldenPath } from "../../helpers/goldens.js";

let facts: VideoFacts;
before(async () => {
  facts = await probeVideo(goldenPath("clips/bt2020c.mp4"));
});

test("a matrix that decord's swscale takes for another is named as that one; others are left as they are", () => {
  assert.match(toRgb(facts), /^setparams=colorspace=bt2020nc,/);
  for (const matrix of ["ycgco", "ictcp", "smpte2085", "chroma-derived-nc"])
    assert.match(toRgb({ ...facts, matrix }), /^setparams=colorspace=bt470bg,/);
  for (const matrix of ["bt709", "smpte240m", "gbr", "unknown", undefined])
    assert.match(toRgb({ ...facts, matrix }), /^scale=/);
});
