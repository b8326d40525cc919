/**
 * The package as it is published: packed, installed by somebody without a compiler, scoring or saying what it lacks.
 * The whole trial is `npm run test:pack`.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findLibtorch, searchLibtorch } from "../../lib/libtorch/libtorch.js";
import { type Ground, install, prepareGround, scoresAsExpected } from "./ground.js";
import type { Stranger } from "./stranger.js";

describe("the packed package", () => {
  let ground: Ground;
  let who: Stranger;

  before(async () => {
    ground = await prepareGround();
    who = ground.stranger("short");
    await install(who);
  });
  after(() => ground?.close());

  it("scores a video as the checkout does, from the platform's package", async () => {
    await scoresAsExpected(ground, who, { VQAT_LIBTORCH: findLibtorch().root });
  });

  it("says without libtorch what is missing and what to type", async (t) => {
    const { found } = searchLibtorch(undefined, who.env);
    if (found !== null) return t.skip(`this machine has a libtorch for everybody in ${found.root}`);
    const { code, stdout, stderr } = await who.run("npx", ["vqathinker", "score", ground.video]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^E_NO_LIBTORCH: .*\bnpx vqathinker setup\b/ms);
  });
});
