/**
 * The demonstration: a tiny model that rates on the wrong scale learns the right one by GRPO, from scores alone, and
 * is measured on held-out videos before and after. Written on the package's public calls.
 *
 *   node dist/lib/demo/main.js [--seed N] [--json FILE] [--preset NAME]
 */
import { resolve } from "node:path";
import { writeJsonAtomic } from "../core/atomic-file.js";
import { EngineError } from "../core/errors.js";
import { checkOutput } from "../core/output-place.js";
import { Screen } from "../core/screen.js";
import { loadModel } from "../infer/load-model.js";
import { offerHere } from "../setup/terminal.js";
import { formOf } from "../trial/form.js";
import { overlayLines, THREADS } from "../trial/overlay.js";
import { learn } from "./learn.js";
import { type DemoOptions, HELD_OUT_VIDEOS, parseOptions, TRAIN_VIDEOS } from "./options.js";
import { writePrompt } from "./prompt.js";
import { type DemoReport, numbersOf, table, traces } from "./report.js";
import { manifestsIn, openSets, renderSets, trainingListIn } from "./sets.js";
import { clock } from "./training.js";

const INTRODUCTION = `A tiny video-quality model learns by GRPO, here and now, from nothing but scores.

Its videos are synthetic: textures in motion, with blur, noise, compression, exposure and stutter of known severity,
encoded as H.264. The model starts mis-scaled on purpose: it names what is wrong with a video, but was taught to rate
by a rule that overlooks most of it, and never saw a true score in its text. So what you will see is a model adapting
its rating scale to scores. It says nothing about real footage.
`;

async function demo({ seed, json, preset }: DemoOptions, screen: Screen, signal: AbortSignal): Promise<void> {
  const start = performance.now();
  if (json !== null) await checkOutput({ name: "--json", path: json });
  const run = resolve("runs", `demo-${new Date().toISOString().replace(/[:.]/g, "-")}`);
  await offerHere();
  screen.say(INTRODUCTION);
  screen.say(
    `Rendering ${TRAIN_VIDEOS} training videos and three held-out sets of ${HELD_OUT_VIDEOS} with ffmpeg`,
  );
  await renderSets(run, seed, signal, screen.counter("  rendered"));
  const form = formOf(preset);
  const list = trainingListIn(run);
  const prompt = await writePrompt(run, form);
  if (preset !== null) for (const line of overlayLines(preset, form.prompt)) screen.say(line);

  const tiny = await loadModel("tiny-start", { threads: THREADS });
  const sets = await openSets(tiny, manifestsIn(run), signal, screen.counter("  decoded"));
  try {
    const place = { run, list, prompt, seed, screen, signal };
    const { before, after, steps, seconds } = await learn(preset, form, place, tiny, sets);
    const numbers = { before: numbersOf(before), after: numbersOf(after) };
    const report: DemoReport = { ...numbers, steps, seconds, seed, preset, run };
    if (json !== null) await writeJsonAtomic(resolve(json), report);
    screen.say();
    for (const line of [...table(report), "", ...traces(before, after)]) screen.say(line);
    screen.say();
    screen.say(
      `Training and last evaluation ${clock(seconds)}, all in all ${clock((performance.now() - start) / 1000)}, seed ${seed}`,
    );
    screen.say(`Run folder: ${run}`);
  } finally {
    tiny.dispose();
    for (const { clips } of sets) for (const clip of clips) clip.dispose();
  }
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
try {
  await demo(parseOptions(process.argv.slice(2)), new Screen(process.stdout), stop.signal);
} catch (error) {
  // 130 is the shell's code for an interrupted program.
  process.exitCode = stop.signal.aborted ? 130 : 1;
  if (stop.signal.aborted) process.stderr.write("stopped\n");
  else if (error instanceof EngineError) process.stderr.write(`${error.code}: ${error.message}\n`);
  else throw error;
}
