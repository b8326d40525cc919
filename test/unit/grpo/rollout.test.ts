/** Perturbed twins in whole runs: how they are asked and opened, and what a perturbation of the user's own may be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PERTURBATION_MODES } from "../../../lib/data/perturb.js";
import { DECODED_MODES } from "../../../lib/data/perturb-decoded.js";
import type { TrainOptions } from "../../../lib/run/train.js";
import { config, lines, run } from "../../helpers/fake-run.js";

test("perturbed twins are answered in the same call, and the paper's bonus is found to teach nothing", async () => {
  const rewards = [{ name: "regression" as const }, { name: "temporal" as const }];
  const { events, state, summary } = await run(config({ rewards, temporal: { perturb: true } }));
  assert.deepEqual([state.generateCalls, state.openClips], [8, 0]);
  const warnings = events.filter((event) => event.type === "warning");
  assert.deepEqual(
    warnings.map(({ reward, afterStep }) => [reward, afterStep]),
    [["temporal", 5]],
  );
  const answers = lines(summary.run, "completions.jsonl")[0]?.["perturbed"] as unknown[];
  assert.equal(answers.length, 3);
  await assert.rejects(run(config({ rewards })), { code: "E_OPTION", message: /temporal\.perturb/ });
});

test("a perturbation of decoded frames opens its twin anew, by the run's own sampling, and lets it go", async () => {
  const rewards = [{ name: "temporal" as const, gate: "answer" as const }];
  const temporal = { perturb: true, modes: ["skip" as const], samples: 2 };
  const { state, summary } = await run(config({ steps: 2, rewards, temporal, sampling: "uniform" }));
  assert.equal(state.sampled.length, 2 * 4);
  // uniform: frames 5, 15, 25, 35 of 40.
  const firsts = new Set(state.sampled.map((order) => Number(order.split(" ")[0])));
  assert.ok([...firsts].every((frame) => frame >= 5 && frame <= 25));
  assert.ok(!state.sampled.includes("5 15 25 35"));
  assert.deepEqual([state.openClips, state.generateCalls], [0, 2]);
  assert.equal(lines(summary.run, "completions.jsonl").length, 8);
  for (const { answers, perturbed } of lines(summary.run, "completions.jsonl"))
    assert.deepEqual([(answers as unknown[]).length, (perturbed as unknown[]).length], [3, 2]);
});

test("a user's own perturbation of decoded frames is held to what a video has", async () => {
  const perturbed = (more: number) => () => (chosen: Int32Array) => chosen.map((frame) => frame + more);
  const { state } = await run(config({ steps: 1 }), { perturb: perturbed(1) });
  assert.equal(state.sampled.length, 4);
  assert.equal(new Set(state.sampled).size, 1);
  await assert.rejects(run(config({ steps: 1 }), { perturb: perturbed(40) }), {
    code: "E_OPTION",
    message: /option perturb: expected 4 whole numbers from 0 to 39 for video .*, found \d+/,
  });
  for (const [plan, found] of [
    [[0, 1, Number.NaN, 3], "NaN"],
    [[0, 1, 0.5, 3], "0.5"],
    [[0, 1, 2 ** 32 + 1, 3], "4294967297"],
    [[0, 1, "x", 3], '"x"'],
    [[0, 1], "2 of them"],
    [undefined, "none"],
    [null, "null"],
  ] as const) {
    const perturb = (() => plan) as unknown as NonNullable<TrainOptions["perturb"]>;
    await assert.rejects(
      run(config({ steps: 1 }), { perturb }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, "E_OPTION");
        assert.match(
          error.message,
          /^option perturb: expected 4 whole numbers from -1 to 3 for video .* in step 1, /,
        );
        assert.ok(error.message.includes(found), error.message);
        return true;
      },
    );
  }
});

const FRAGMENTS = { steps: 2, sampling: "fragments" as const, frames: 9 };

test("twins of fragments order their mosaics anew; the whole frame keeps its place", async () => {
  const rewards = [{ name: "temporal" as const, gate: "answer" as const }];
  for (const mode of PERTURBATION_MODES) {
    const temporal = { perturb: true, modes: [mode] };
    const { state } = await run(config({ ...FRAGMENTS, rewards, temporal }));
    assert.equal(state.reordered.length, 2 * 4);
    const orders = state.reordered.map((order) => order.split(" ").map(Number));
    for (const order of orders) {
      assert.equal(order.length, 9, mode);
      assert.equal(order.at(-1), 8, mode);
      assert.ok(!order.slice(0, -1).includes(8), `${mode}: ${order}`);
    }
    if (mode === "reverse") assert.deepEqual(orders[0], [7, 6, 5, 4, 3, 2, 1, 0, 8]);
  }
});

test("a perturbation of the user's own is told how many mosaics there are, and is held to them", async () => {
  const told: number[] = [];
  const { state } = await run(config(FRAGMENTS), {
    perturb: ({ frames }) => {
      told.push(frames);
      return new Array(frames).fill(-1);
    },
  });
  assert.deepEqual(
    [new Set(told), new Set(state.reordered)],
    [new Set([8]), new Set(["-1 -1 -1 -1 -1 -1 -1 -1 8"])],
  );
  await assert.rejects(run(config(FRAGMENTS), { perturb: () => new Array(9).fill(0) }), {
    code: "E_OPTION",
    message: /option perturb: expected 8 whole numbers from -1 to 7 for video .*, found "9 of them"/,
  });
});

test("twins of decoded frames are cut as their clips are", async () => {
  const rewards = [{ name: "temporal" as const, gate: "answer" as const }];
  for (const mode of DECODED_MODES) {
    const temporal = { perturb: true, modes: [mode] };
    const { state } = await run(config({ ...FRAGMENTS, rewards, temporal }));
    const twins = state.plans.filter(({ sampling }) => typeof sampling === "function");
    assert.equal(twins.length, 2 * 4);
    for (const { frames, size, fragments } of twins)
      assert.deepEqual([frames, size, fragments], [9, 28, { patch: 14, neighbours: 4, seed: 0 }]);
    // The clip's own are 8 to 11, 28 to 31 and 20 of 40.
    assert.ok(!state.sampled.includes("8 9 10 11 28 29 30 31 20"));
    assert.ok(state.sampled.every((order) => order.split(" ").length === 9));
  }
});
