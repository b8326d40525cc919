/** Sampled tokens follow the softmax of the logits: frequencies against probabilities, by Pearson's chi-square. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { GenerateOptions } from "../../lib/index.js";
import { logits } from "../../lib/parity.js";
import { IMAGE_SLOT, openSmall, type SmallModel, smallPrompt, VOCABULARY } from "../helpers/small-model.js";

const DRAWS = 20000;
const STREAMS = 4000;
/** Bins are merged until each expects this many, where the chi-square law holds. */
const LEAST_EXPECTED = 8;
/** A true law is refused once in a million seeds; the seeds are fixed. Upper quantile of the normal law. */
const Z = 4.753;

let model: SmallModel;
before(async () => {
  model = await openSmall();
});
after(() => model.dispose());

type Cut = Pick<GenerateOptions, "topK" | "topP" | "suppress"> & { temperature: number };

/** Probability of each id: softmax at the temperature, banned ids away, the topK largest, the shortest run of topP. */
function law(
  row: Float32Array,
  { temperature, topK = VOCABULARY, topP = 1, suppress = [] }: Cut,
): Float64Array {
  const banned = new Set([IMAGE_SLOT, ...Array.from(suppress)]);
  const ranked = [...row.keys()]
    .filter((id) => !banned.has(id))
    .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0))
    .slice(0, topK);
  const weight = (id: number): number => Math.exp((row[id] ?? 0) / temperature);
  const mass = ranked.reduce((sum, id) => sum + weight(id), 0);
  const kept: number[] = [];
  let reached = 0;
  for (const id of ranked) {
    if (reached >= topP * mass) break;
    kept.push(id);
    reached += weight(id);
  }
  const probabilities = new Float64Array(VOCABULARY);
  for (const id of kept) probabilities[id] = weight(id) / reached;
  return probabilities;
}

/** Pearson's statistic and the bound that a true law stays under (Wilson and Hilferty 1931). */
function pearson(counts: Float64Array, probabilities: Float64Array): { statistic: number; bound: number } {
  const draws = counts.reduce((sum, count) => sum + count, 0);
  const order = [...counts.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  let [statistic, bins, found, expected] = [0, 0, 0, 0];
  for (const [place, id] of order.entries()) {
    found += counts[id] ?? 0;
    expected += draws * (probabilities[id] ?? 0);
    const left = order.slice(place + 1).reduce((sum, other) => sum + draws * (probabilities[other] ?? 0), 0);
    if (expected < LEAST_EXPECTED || (left < LEAST_EXPECTED && place + 1 < order.length)) continue;
    statistic += (found - expected) ** 2 / expected;
    bins++;
    [found, expected] = [0, 0];
  }
  const spread = 2 / (9 * (bins - 1));
  return { statistic, bound: (bins - 1) * (1 - spread + Z * Math.sqrt(spread)) ** 3 };
}

const PROMPT = smallPrompt(70, { frames: 0 });

async function nextRow(): Promise<Float32Array> {
  return (await logits(model, PROMPT)).data.slice(-VOCABULARY);
}

function countsOf(tokens: readonly number[]): Float64Array {
  const counts = new Float64Array(VOCABULARY);
  for (const id of tokens) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

for (const cut of [
  { temperature: 1 },
  { temperature: 0.6 },
  { temperature: 0.5, suppress: [4, 5, 6, 7] },
  { temperature: 0.4, topK: 12 },
  { temperature: 0.5, topP: 0.7 },
  { temperature: 0.4, topK: 30, topP: 0.9 },
] satisfies Cut[]) {
  test(`samples of one prompt, ${JSON.stringify(cut)}`, async () => {
    const prompts = [{ ...PROMPT, stream: "law", samples: DRAWS }];
    const { groups } = await model.generate({ prompts, maxNewTokens: 1, ...cut });
    assert.equal(groups[0]?.length, DRAWS);
    const counts = countsOf(groups[0].map(({ tokens }) => tokens[0] ?? -1));
    const row = await nextRow();
    const probabilities = law(row, cut);
    for (const [id, count] of counts.entries())
      assert.ok(count === 0 || (probabilities[id] ?? 0) > 0, `id ${id} was cut away`);
    const { statistic, bound } = pearson(counts, probabilities);
    assert.ok(statistic <= bound, `chi-square ${statistic}, at most ${bound}`);
    // The same counts refuse a law that is a little off.
    const off = pearson(counts, law(row, { ...cut, temperature: 1.3 * cut.temperature }));
    assert.ok(
      off.statistic > off.bound,
      `chi-square ${off.statistic} of a wrong temperature, above ${off.bound}`,
    );
  });
}

test("first samples of many streams", async () => {
  const prompts = Array.from({ length: STREAMS }, (_, i) => ({ ...PROMPT, stream: BigInt(i), samples: 1 }));
  const { groups } = await model.generate({ prompts, maxNewTokens: 1, temperature: 1 });
  const counts = countsOf(groups.map(([sample]) => sample?.tokens[0] ?? -1));
  const { statistic, bound } = pearson(counts, law(await nextRow(), { temperature: 1 }));
  assert.ok(statistic <= bound, `chi-square ${statistic}, at most ${bound}`);
});
