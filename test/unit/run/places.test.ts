/** Where a resumed run looks for its files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { flagOf } from "../../../lib/core/flag-name.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { checkPlaces, type Moved, movedHint, PLACES, withMoved } from "../../../lib/run/places.js";
import { scratchFolder } from "../../helpers/video-files.js";

const stored: TrainConfigInput = { out: "/run", model: "/m", data: "/d.csv" };
const moved = (places: Moved, more: Partial<TrainConfigInput> = {}) =>
  withMoved(parseConfig({ ...stored, ...more }), places);

test("what is named anew is looked for there, the rest where it was; a shipped model has no place", () => {
  const { model, data, videos, out } = moved({ data: "new.csv", videos: "here", prompt: undefined });
  assert.deepEqual([model, data, videos, out], ["/m", "new.csv", "here", "/run"]);
  assert.equal(moved({}, { model: "tiny-start" }).model, "tiny-start");
  assert.equal(moved({ model: "tiny" }).model, "tiny");
});

test("a relative path of an earlier version is refused until it is named anew", () => {
  for (const key of ["model", "data", "videos", "slowfast", "prompt"] as const) {
    const before = { slowfast: "/s", prompt: "/p", [key]: "a/b" };
    assert.throws(() => moved({}, before), {
      code: "E_OPTION",
      message: new RegExp(
        `^option ${key}: expected an absolute path in config\\.json, found "a/b"; .*--${key}\\)$`,
      ),
    });
    assert.equal(moved({ [key]: "/now" }, before)[key], "/now");
  }
});

test("a place for what the run has not is refused", () => {
  for (const key of ["slowfast", "prompt"] as const)
    assert.throws(() => moved({ [key]: "/x" }), {
      code: "E_OPTION",
      message: new RegExp(`^option ${key}: expected nothing`),
    });
  assert.throws(() => moved({ data: "/x" }, { data: undefined }), {
    code: "E_OPTION",
    message: /^option data: expected nothing/,
  });
});

test("what is no longer where it was is named, with the option that says its new place", async () => {
  const dir = scratchFolder();
  const gone = join(dir, "gone");
  for (const key of PLACES) {
    await checkPlaces({ [key]: dir });
    await checkPlaces({ [key]: gone }, [key]);
    await assert.rejects(checkPlaces({ [key]: gone }), {
      code: "E_OPTION",
      message: new RegExp(
        `^option ${key}: expected what the run began with, found "\\S+gone"; nothing .* \\(${flagOf(key)}\\)$`,
      ),
    });
  }
  await checkPlaces({ model: "tiny" });
});

test("every key of a place is among those that name what has moved", () => {
  const hint = movedHint(false);
  for (const key of PLACES) assert.match(hint, new RegExp(`${flagOf(key)}\\b`));
});
