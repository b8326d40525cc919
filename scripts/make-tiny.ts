/**
 * npm run make:tiny: makes assets/tiny and assets/tiny-start from nothing on a CPU, and measures both on held-out clips.
 *
 *   node dist/scripts/make-tiny.js [--out DIR] [--seed N] [--threads N] [--clips N]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../lib/core/package-root.js";
import { openModel } from "../lib/model/model.js";
import { calibrateMotion } from "../lib/model/trainer.js";
import type { Model } from "../lib/model/types.js";
import type { SetKind } from "../lib/synthetic/geometry.js";
import { renderTrainingClips, type TrainingClip } from "./tiny/clips.js";
import { writeCheckpoint } from "./tiny/files.js";
import { LESSONS, targetsOf } from "./tiny/lessons.js";
import { measure, sampledFormat } from "./tiny/measure.js";
import { preTrain, superviseAnswers } from "./tiny/phases.js";
import { say, sayingEvery } from "./tiny/progress.js";
import { MEASURED_CLIPS, PRE_TRAINING, SFT, WARM_UP_CLIPS } from "./tiny/recipe.js";
import { startTensors } from "./tiny/start.js";
import { measureCosines, whitenedPatchEmbedding } from "./tiny/whitening.js";
import { TINY } from "./tiny/wording.js";

/** Clips of each held-out set; their seed is not one that any training set uses. */
const HELD_OUT_CLIPS = 300;
const HELD_OUT_SEED = 7;
const HELD_OUT: readonly SetKind[] = ["in-domain", "unseen-content", "unseen-distortion"];
const REPORT_EVERY = 100;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(packageRoot(), "assets") },
    seed: { type: "string", default: "0" },
    threads: { type: "string", default: "2" },
    clips: { type: "string", default: String(WARM_UP_CLIPS) },
  },
});
const seed = Number(values.seed);
const threads = Number(values.threads);

const report = sayingEvery(REPORT_EVERY);

async function finish(
  name: keyof typeof LESSONS,
  from: string,
  clips: readonly TrainingClip[],
  held: ReadonlyMap<SetKind, TrainingClip[]>,
): Promise<void> {
  say(`supervised answers for ${name}`);
  const trained = await openModel(from, { threads });
  await superviseAnswers(trained, clips, LESSONS[name], SFT, { name: "tiny answers", seed, onStep: report });
  const dir = join(values.out, name);
  await trained.save(dir, { dtype: "bfloat16" });
  trained.dispose();
  // Measured as shipped: through bfloat16.
  const shipped = await openModel(dir, { threads });
  await show(name, shipped, held);
  shipped.dispose();
}

async function show(name: string, model: Model, held: ReadonlyMap<SetKind, TrainingClip[]>): Promise<void> {
  for (const [kind, clips] of held) {
    const { srcc, mae, parsed } = await measure(model, clips);
    say(
      `${name}, ${kind}: SRCC ${srcc.toFixed(3)}, MAE ${mae.toFixed(3)}, ${parsed} of ${clips.length} parsed`,
    );
  }
  const format = await sampledFormat(model, held.get("in-domain") ?? []);
  say(`${name}: ${(100 * format).toFixed(1)} % of samples have the format`);
}

const scratch = await mkdtemp(join(tmpdir(), "vqathinker-tiny-"));
try {
  say(`rendering ${values.clips} warm-up clips`);
  const clips = await renderTrainingClips({ kind: "warm-up", count: Number(values.clips), seed });
  const held = new Map<SetKind, TrainingClip[]>();
  for (const kind of HELD_OUT)
    held.set(kind, await renderTrainingClips({ kind, count: HELD_OUT_CLIPS, seed: HELD_OUT_SEED }));
  say("pre-training the encoders");
  const measured = clips.slice(0, MEASURED_CLIPS).map(({ clip }) => clip);
  const cosines = measureCosines(TINY.shape, Buffer.concat(measured.map((clip) => clip.read())));
  const start = join(scratch, "start");
  await writeCheckpoint(start, TINY, startTensors(TINY, seed, whitenedPatchEmbedding(TINY.shape, cosines)));
  const encoders = await openModel(start, { threads });
  await calibrateMotion(encoders, measured);
  await preTrain(encoders, clips, targetsOf, PRE_TRAINING, {
    name: "tiny pre-training",
    seed,
    onStep: report,
  });
  const seeing = join(scratch, "seeing");
  await encoders.save(seeing);
  encoders.dispose();
  await finish("tiny", seeing, clips, held);
  await finish("tiny-start", seeing, clips, held);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
