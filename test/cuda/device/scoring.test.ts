/** The tiny model on the stand-in device against the CPU: logits, samples, log-probabilities. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { type Completion, type GenerateOptions, loadModel } from "../../../lib/index.js";
import { logits } from "../../../lib/parity.js";
import { clean, closePair, distance, openPair, type Pair, prompt, rms } from "./pairs.js";
import { missing } from "./stand-in.js";

/** Of the range of the logits: another order of summation in attention and norms. */
const LOGITS_BOUND = 2e-5;
/** Log-probabilities of those logits, natural log. */
const LOG_PROB_BOUND = 1e-5;
const LENGTH = 10;
const SAMPLINGS = {
  greedy: { temperature: 0 },
  "top-k": { temperature: 1, topK: 20 },
  "top-p": { temperature: 1, topP: 0.9 },
  "top-k and top-p": { temperature: 0.8, topK: 30, topP: 0.8, suppress: [5, 6, 7] },
  plain: { temperature: 1 },
} as const satisfies Record<string, Partial<GenerateOptions>>;

describe("scoring on the stand-in device", { skip: missing ?? false }, () => {
  let float: Pair;
  let narrow: Pair;
  before(async () => {
    float = await clean(() => openPair("float32"));
    narrow = await clean(() => openPair("bfloat16"));
  });
  after(() => {
    closePair(float);
    closePair(narrow);
  });

  /** Two prompts, three samples each. */
  const prompts = () => [0, 1].map((i) => ({ ...prompt(float.cpu, i), stream: `s${i}`, samples: 3 }));
  const flat = (lists: readonly ArrayLike<number>[]) => lists.flatMap((list) => Array.from(list));

  test('"auto" takes a card that can be used, and says so', async () => {
    const model = await loadModel("tiny", { device: "auto", threads: 1 });
    assert.equal(model.device, "cuda");
    model.dispose();
  });

  test("score takes it by itself and says so in one line, unless the CPU is asked for", () => {
    const here = (name: string) => join(packageRoot(), name);
    const score = (...flags: string[]) => {
      const program = ["--import", here("dist/test/cuda/device/stand-in.js"), here("dist/lib/cli/main.js")];
      const args = [...program, "score", here("test/goldens/clips/25.mp4"), "--threads", "1", ...flags];
      return spawnSync(process.execPath, args, { encoding: "utf8" });
    };
    const [card, cpu] = [score(), score("--device", "cpu")];
    assert.match(card.stderr, /^device: cuda, .*; --device cpu leaves it out\nvqathinker's small [^\n]*\n$/);
    assert.match(cpu.stderr, /^vqathinker's small [^\n]*\n$/);
    assert.match(card.stdout, /ok: \d\.\d\d on a scale/);
  });

  test("float32: logits are the CPU's", async () => {
    const expected = await logits(float.cpu, prompt(float.cpu, 0));
    const found = await clean(() => logits(float.cuda, prompt(float.cpu, 0)));
    const { most, range } = distance(found.data, expected.data);
    assert.ok(most <= LOGITS_BOUND * range, `${most} of ${range}`);
  });

  for (const [name, sampling] of Object.entries(SAMPLINGS)) {
    test(`float32: ${name} samples are the CPU's`, async () => {
      const options = { prompts: prompts(), maxNewTokens: LENGTH, ...sampling };
      const expected = (await float.cpu.generate(options)).groups.flat();
      const found = (await clean(() => float.cuda.generate(options))).groups.flat();
      assert.deepEqual(
        found.map(({ tokens }) => [...tokens]),
        expected.map(({ tokens }) => [...tokens]),
      );
      const of = (all: Completion[]) => flat(all.map(({ logProbs }) => logProbs));
      const { most } = distance(of(found), of(expected));
      assert.ok(most <= LOG_PROB_BOUND, `log-probabilities differ by ${most}`);
    });
  }

  test("float32: the trainer's log-probabilities are the CPU's", async () => {
    const options = await asked(float);
    const expected = flat(await float.cpu.logProbs(options));
    const { most } = distance(flat(await clean(() => float.cuda.logProbs(options))), expected);
    assert.ok(most <= LOG_PROB_BOUND, `${most}`);
  });

  test("bfloat16: logits and log-probabilities err at most twice what the CPU errs", async () => {
    const measured: Record<string, (model: Pair["cpu"]) => Promise<ArrayLike<number>>> = {
      logits: async (model) => (await logits(model, prompt(float.cpu, 0))).data,
      "log-probabilities": async (model) => flat(await model.logProbs(await asked(float))),
    };
    for (const [what, measure] of Object.entries(measured)) {
      const exact = await measure(float.cpu);
      const own = rms(await measure(narrow.cpu), exact);
      const found = rms(await clean(() => measure(narrow.cuda)), exact);
      assert.ok(own > 0 && found <= 2 * own, `${what}: ${found}, the CPU's own ${own}`);
    }
  });

  /** Completions that neither device chose. */
  async function asked({ cpu }: Pair) {
    const completions = [5, 9, 1].map((length, k) =>
      Int32Array.from({ length }, (_, i) => 10 + ((7 * i + 31 * k) % 380)),
    );
    return { prompt: prompt(cpu, 1), completions, temperature: 0.9 };
  }
});
