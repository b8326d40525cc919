/** Adapters and narrow optimiser states on the stand-in device against the CPU. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addAdapter,
  mergeAdapter,
  openTrainer,
  type ScoringModel,
  type StepMetrics,
  type TrainerOptions,
} from "../../../lib/index.js";
import { clean, closePair, groups, openPair } from "./pairs.js";
import { missing } from "./stand-in.js";

const RELATIVE = { float32: 1e-5, bfloat16: 0.02 } as const;
const ADAPTERS: TrainerOptions = { trainable: ["adapters"] };

async function taught(
  model: ScoringModel,
  cpu: ScoringModel,
  options: TrainerOptions,
): Promise<StepMetrics[]> {
  const trainer = await openTrainer(model, options);
  const step = { groups: groups(cpu), loss: "sft", learningRate: 1e-3, maxGradNorm: 1 } as const;
  const all: StepMetrics[] = [];
  for (let i = 0; i < 3; i++) all.push(await trainer.step(step));
  trainer.dispose();
  return all;
}

function assertSteps(
  found: readonly StepMetrics[],
  expected: readonly StepMetrics[],
  relative: number,
): void {
  assert.notEqual(expected.at(-1)?.loss, expected[0]?.loss);
  for (const [i, { loss, gradNorm }] of expected.entries()) {
    assert.ok(Math.abs((found[i]?.loss ?? 0) / loss - 1) <= relative, `loss of step ${i + 1}`);
    assert.ok(Math.abs((found[i]?.gradNorm ?? 0) / gradNorm - 1) <= 10 * relative, `norm of step ${i + 1}`);
  }
}

async function answers(model: ScoringModel, cpu: ScoringModel): Promise<number[]> {
  const [group] = groups(cpu);
  assert.ok(group);
  const rows = await model.logProbs({ prompt: group.prompt, completions: group.completions });
  return rows.flatMap((row) => [...row]);
}

describe("adapters and narrow states on the stand-in device", { skip: missing ?? false }, () => {
  for (const dtype of ["float32", "bfloat16"] as const)
    for (const dora of [false, true])
      test(`${dtype}, dora ${dora}: trained and merged as on the CPU`, async () => {
        const { cpu, cuda } = await openPair(dtype);
        const asked = { targets: "all-linear", rank: 4, dora } as const;
        await addAdapter(cpu, asked);
        await clean(() => addAdapter(cuda, asked));
        const expected = await taught(cpu, cpu, ADAPTERS);
        assertSteps(await clean(() => taught(cuda, cpu, ADAPTERS)), expected, RELATIVE[dtype]);
        await mergeAdapter(cpu);
        await clean(() => mergeAdapter(cuda));
        const [own, theirs] = [await clean(() => answers(cuda, cpu)), await answers(cpu, cpu)];
        for (const [i, value] of theirs.entries())
          assert.ok(Math.abs((own[i] ?? 0) - value) <= 100 * RELATIVE[dtype], `${own[i]}, CPU ${value}`);
        closePair({ cpu, cuda });
      });

  for (const states of ["bfloat16", "8bit"] as const)
    test(`moments in ${states}, bfloat16 weights without masters: three steps as on the CPU`, async () => {
      const { cpu, cuda } = await openPair("bfloat16");
      const options: TrainerOptions = {
        trainable: ["projector", "language"],
        optimizer: { states, masters: false },
      };
      const expected = await taught(cpu, cpu, options);
      assertSteps(await clean(() => taught(cuda, cpu, options)), expected, RELATIVE.bfloat16);
      closePair({ cpu, cuda });
    });
});
