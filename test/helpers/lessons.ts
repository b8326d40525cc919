/** The recorded lessons of supervised fine-tuning: ten updates of a trainer held to those of the Trainer of transformers. */
import assert from "node:assert/strict";
import { scheduleOf, type Trainer, type TrainGroup } from "../../lib/index.js";
import { assertNear } from "./closeness.js";
import type { Recorded } from "./recorded-case.js";
import type { Tensor } from "./safetensors.js";

export interface LessonFacts {
  readonly replies: number;
  readonly settings: { learningRate: number; warmupSteps: number; schedule: "linear"; maxGradNorm: number };
  readonly optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  readonly steps: readonly { loss: number; gradNorm: number; learningRate: number }[];
}

const LOSS_RELATIVE = 1e-6;
const NORM_RELATIVE = 1e-5;
/** Of the length of the whole way, over all values. */
const WAY_RELATIVE = 1e-3;

/** Replies to one prompt lie packed behind it. */
function groupsOf(lessons: Recorded<unknown>, step: number, replies: number) {
  const groups: (TrainGroup & { completions: Int32Array[] })[] = [];
  for (let k = 0; k < replies; k++) {
    const [place] = lessons.ints(`${step}/${k}/frame`);
    const inputIds = lessons.ints(`${step}/${k}/input_ids`);
    const prompt = { inputIds, pixelValues: lessons.floats(`frame/${place}`), frames: 1, imageSize: 56 };
    const tokens = lessons.ints(`${step}/${k}/tokens`);
    const same = groups.find((group) => group.prompt.inputIds.join() === inputIds.join());
    if (same === undefined) groups.push({ prompt, completions: [tokens] });
    else same.completions.push(tokens);
  }
  return groups;
}

/** Losses and norms are those of the facts. Returns how many replies were packed behind another one. */
export async function assertLessons(
  trainer: Trainer,
  lessons: Recorded<unknown>,
  { replies, settings, steps }: LessonFacts,
): Promise<number> {
  const schedule = scheduleOf({ ...settings, steps: steps.length });
  let packed = 0;
  for (const [index, expected] of steps.entries()) {
    const groups = groupsOf(lessons, index, replies);
    packed += replies - groups.length;
    const learningRate = schedule(index + 1);
    assertNear([learningRate], [expected.learningRate], 1e-12, `learning rate of step ${index + 1}`);
    const { maxGradNorm } = settings;
    const found = await trainer.step({ groups, loss: "sft", learningRate, maxGradNorm });
    assertNear([found.loss], [expected.loss], LOSS_RELATIVE * expected.loss, `loss of step ${index + 1}`);
    assertNear([found.gradNorm], [expected.gradNorm], NORM_RELATIVE * expected.gradNorm, "gradient norm");
  }
  return packed;
}

type Tensors = ReadonlyMap<string, Tensor>;

/** Both went the same way from the same start. */
export function assertSameWay(start: Tensors, end: Tensors, theirs: Tensors): void {
  assert.deepEqual([...end.keys()].sort(), [...theirs.keys()].sort());
  let [apart, way] = [0, 0];
  for (const [name, { data }] of theirs)
    for (const [i, value] of data.entries()) {
      apart += (Number(end.get(name)?.data[i]) - Number(value)) ** 2;
      way += (Number(value) - Number(start.get(name)?.data[i])) ** 2;
    }
  assert.ok(way > 0);
  assert.ok(Math.sqrt(apart) <= WAY_RELATIVE * Math.sqrt(way), `${Math.sqrt(apart)} of ${Math.sqrt(way)}`);
}
