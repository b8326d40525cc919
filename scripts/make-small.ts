/**
 * npm run make:small: makes a model for real footage from Debian's photographs on a CPU, as far as its recipe goes: clips, encoder
 * pre-training, supervised answers, GRPO; and says how it does on clips that it did not learn. What is in --work is not made again.
 *
 *   node dist/scripts/make-small.js --work DIR [--seed N] [--threads N] [--clips N]
 */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeAtomic } from "../lib/core/atomic-file.js";
import { jsonLines } from "../lib/core/jsonl.js";
import { percent } from "../lib/core/percent.js";
import { mean } from "../lib/core/stats.js";
import { openModel } from "../lib/model/model.js";
import type { Model } from "../lib/model/types.js";
import { type PracticeRow, practise } from "./small/grpo.js";
import { KINDS } from "./small/kinds.js";
import { motionBank } from "./small/motion-bank.js";
import { ANSWERS, CLIPS, FINDING_WEIGHT, MEASURED, PRACTICE, SEEING } from "./small/recipe.js";
import { standardised } from "./small/standard.js";
import { makeClips, readClips, type SetOfClips, type ViewedClip } from "./small/store.js";
import { VIEWED } from "./small/view.js";
import { measureChroma, visionBank } from "./small/vision-bank.js";
import { isFinding, reply, SMALL } from "./small/wording.js";
import { wordsTold } from "./small/words-told.js";
import { writeCheckpoint } from "./tiny/files.js";
import { agreement, answersTo } from "./tiny/measure.js";
import { type Course, preTrain, superviseAnswers } from "./tiny/phases.js";
import { say, sayingEvery } from "./tiny/progress.js";
import { MEASURED_CLIPS } from "./tiny/recipe.js";
import { startTensors } from "./tiny/start.js";
import { measureCosines } from "./tiny/whitening.js";

const REPORT_EVERY = 25;
/** Severity from which a kind should be named: the three stronger levels of a ladder of five. */
const STRONG = 0.5;

const { values } = parseArgs({
  options: {
    work: { type: "string" },
    seed: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
    clips: { type: "string", default: String(CLIPS) },
  },
});
if (values.work === undefined) throw new Error("--work: expected a folder, found none");
const work = resolve(values.work);
const seed = Number(values.seed);
const threads = Number(values.threads);

const onStep = sayingEvery(REPORT_EVERY);
const course = (name: string): Course => ({ name, seed, onStep });

/** A checkpoint of the work folder, made unless it is there: whole, or not at all. */
async function made(name: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = join(work, name);
  if (existsSync(dir)) return dir;
  const part = `${dir}.part`;
  await rm(part, { recursive: true, force: true });
  say(name);
  await make(part);
  await rename(part, dir);
  return dir;
}

async function trained(from: string, dir: string, train: (model: Model) => Promise<void>): Promise<void> {
  const model = await openModel(from, { threads });
  await train(model);
  await model.save(dir, { dtype: "bfloat16" });
  model.dispose();
}

const set: SetOfClips = {
  dir: join(work, "clips"),
  photos: join(work, "photos"),
  count: Number(values.clips),
  seed,
};
say(`${set.count} clips`);
await makeClips(set, 2, (done, chunks) => say(`${done} of ${chunks} chunks`));
const all = await readClips(set);
const clips = all.filter(({ index }) => index < set.count - MEASURED);
const held = all.filter(({ index }, i) => index >= set.count - MEASURED && all[i - 1]?.index !== index);

const start = await made("start", async (dir) => {
  const measured = firstFrames(spread(clips, MEASURED_CLIPS));
  const vision = visionBank(
    SMALL.shape,
    measureCosines(SMALL.shape, measured),
    measureChroma(SMALL.shape, measured),
  );
  const given = {
    ...vision,
    ...standardised(SMALL.shape, vision, measured),
    ...motionBank(SMALL.shape),
  };
  await writeCheckpoint(dir, SMALL, startTensors(SMALL, seed, given));
});
const seeing = await made("seeing", (dir) =>
  trained(start, dir, (model) => preTrain(model, clips, severitiesOf, SEEING, course("small pre-training"))),
);
const lesson = {
  reply: ({ severities, score }: ViewedClip) => reply(severities, score),
  weight: (text: string) => (isFinding(text) ? FINDING_WEIGHT : 1),
};
const warm = await made("warm", (dir) =>
  trained(seeing, dir, (model) => superviseAnswers(model, clips, lesson, ANSWERS, course("small answers"))),
);
const small = await made("small", (dir) =>
  trained(warm, dir, async (model) => {
    const rows: PracticeRow[] = [];
    await practise(model, clips, PRACTICE, seed, (row) => {
      rows.push(row);
      if (row.step % REPORT_EVERY === 0) say(told(rows.slice(-REPORT_EVERY)));
    });
    await writeAtomic(join(work, "practice.jsonl"), jsonLines(rows));
  }),
);
for (const dir of [warm, small]) await measured(dir);

/** What the encoders are to tell: each severity, and the score of about as much. */
function severitiesOf({ severities, score }: ViewedClip): number[] {
  return [...KINDS.map((kind) => severities[kind] ?? 0), (score - 3) / 2];
}

function told(rows: readonly PracticeRow[]): string {
  const of = (key: "reward" | "kl") => mean(rows.map((row) => row[key])).toFixed(4);
  return `step ${rows.at(-1)?.step} of ${PRACTICE.steps}: reward ${of("reward")}, kl ${of("kl")}`;
}

/** Says how a checkpoint does on clips that it did not learn. */
async function measured(dir: string): Promise<void> {
  const model = await openModel(dir, { threads });
  const answers = (await answersTo(model, held, ({ index }) => `measure ${index}`, 0, 1)).map(
    ([text = ""]) => text,
  );
  model.dispose();
  const { srcc, parsed, clips } = agreement(
    answers,
    held.map(({ score }) => score),
  );
  say(`${dir}: SRCC ${srcc.toFixed(3)} on clips not learned, ${parsed} of ${clips} parsed`);
  const told = held.map(({ severities }, i) => ({ severities, answer: answers[i] ?? "" }));
  for (const { kind, named, invented } of wordsTold(told, STRONG))
    say(`${kind}: named in ${shared(named)} of strong cases, invented in ${shared(invented)}`);
}

/** The first frame of each group of each clip, and its whole one. */
function firstFrames(views: readonly ViewedClip[]): Buffer {
  const { size, fragments } = VIEWED;
  const bytes = size * size * 3;
  return Buffer.concat(
    views.flatMap(({ clip }) => {
      const frames = clip.read();
      const firsts: Uint8Array[] = [];
      for (let at = 0; at < frames.length; at += fragments.neighbours * bytes)
        firsts.push(frames.subarray(at, at + bytes));
      return firsts;
    }),
  );
}

/** So many items at equal distances: neighbours are versions of one content. */
function spread<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as T);
}

function shared(share: number | null): string {
  return share === null ? "none" : percent(share);
}
