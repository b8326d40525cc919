/**
 * The laws of sampling and of groups for prompts past the trained positions (16 in this checkpoint), where dynamic
 * scaling stretches the rotary angles.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Prompt } from "../../lib/index.js";
import { assertNear } from "../helpers/closeness.js";
import { openSmall, type SmallModel, smallPrompt, textIds } from "../helpers/small-model.js";

const LOG_PROB_BOUND = 1e-5;

let model: SmallModel;
before(async () => {
  model = await openSmall("tied");
});
after(() => model.dispose());

const LONG: Prompt = { ...smallPrompt(10, { frames: 2 }), stream: "long", samples: 3 };
const LONGER: Prompt = { ...smallPrompt(20, { frames: 5 }), stream: "longer", samples: 2 };

test("log-probabilities of a sample are the trainer's", async () => {
  const { groups } = await model.generate({ prompts: [LONG, LONGER], maxNewTokens: 8, temperature: 1 });
  for (const [p, prompt] of [LONG, LONGER].entries()) {
    const completions = groups[p] ?? [];
    const expected = await model.logProbs({ prompt, completions });
    for (const [k, { logProbs }] of completions.entries()) {
      assertNear(logProbs, expected[k] ?? [], LOG_PROB_BOUND, `prompt ${p}, sample ${k}`);
    }
  }
});

test("a sample depends neither on the other prompts nor on how long it may become", async () => {
  const ask = async (prompts: readonly Prompt[], maxNewTokens: number) =>
    (await model.generate({ prompts, maxNewTokens, temperature: 1 })).groups[0] ?? [];
  const alone = await ask([LONG], 6);
  const among = await ask([LONG, LONGER], 6);
  const roomy = await ask([LONG], 200);
  for (const [k, { tokens, logProbs }] of alone.entries()) {
    assert.deepEqual(among[k]?.tokens, tokens, `sample ${k} among others`);
    assertNear(among[k]?.logProbs ?? [], logProbs, LOG_PROB_BOUND, `sample ${k} among others`);
    assert.deepEqual(roomy[k]?.tokens.slice(0, tokens.length), tokens, `sample ${k} with more room`);
    assertNear(
      roomy[k]?.logProbs.slice(0, tokens.length) ?? [],
      logProbs,
      LOG_PROB_BOUND,
      `sample ${k} with more room`,
    );
  }
});

test("log-probabilities of a group equal those of each sequence alone", async () => {
  const completions = [4, 1, 9].map((length, k) => textIds(30 + k, length));
  const together = await model.logProbs({ prompt: LONG, completions });
  for (const [k, completion] of completions.entries()) {
    const [alone = []] = await model.logProbs({ prompt: LONG, completions: [completion] });
    assertNear(together[k] ?? [], alone, LOG_PROB_BOUND, `completion ${k}`);
  }
});
