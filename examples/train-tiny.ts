/**
 * The whole GRPO loop from a script, on public calls only, with a reward of one's own beside the paper's.
 * MANIFEST lists videos and scores, as the demo's train.jsonl does; OUT receives the checkpoint.
 *
 *   node dist/examples/train-tiny.js MANIFEST OUT [STEPS]
 */
import * as vq from "vqathinker";

const [manifest = "", out = "", steps = "20"] = process.argv.slice(2);
const [videosPerStep, samples] = [8, 4];

/** Ours: 0.2 for an answer of at most 30 words. */
const brevity: vq.Reward = ({ videos }) =>
  videos.map(({ answers }) =>
    Float64Array.from(answers, ({ text }) => (text.split(/\s+/).length <= 30 ? 0.2 : 0)),
  );
const [format, regression] = [
  vq.formatReward({ variant: "paper" }),
  vq.regressionReward({ variant: "paper" }),
];
const reward = vq.combineRewards(format, regression, brevity);

const model = await vq.loadModel("tiny-start");
const { frames, imageSize: size, prompt: wording } = model.settings;
const inputIds = vq.buildPrompt(model.tokenizer, wording, model.slots(frames, size));
const videos: { id: string; target: number; clip: vq.Clip }[] = [];
for (const { id, video, score } of await vq.readManifest(manifest))
  videos.push({ id, target: score, clip: await model.openClip(video, { frames, size }) });
const trainable = ["projector", "language", "motionProjector"] as const;
const trainer = await vq.openTrainer(model, { trainable, reference: true });

for (let step = 0; step < Number(steps); step++) {
  const place = (i: number) => (step * videosPerStep + i) % videos.length;
  const chosen = Array.from({ length: videosPerStep }, (_, i) => videos[place(i)]).filter(
    (one) => one !== undefined,
  );
  const prompts = chosen.map(({ id, clip }) => ({
    inputIds,
    clip,
    stream: `step ${step} video ${id}`,
    samples,
  }));
  const { groups } = await model.generate({ prompts, maxNewTokens: 40, temperature: 1 });
  const texts = groups.map((group) => group.map(({ tokens }) => model.tokenizer.decode(tokens)));
  const read = (text: string) => ({ text, score: vq.parseAnswer(text).score });
  const answered = chosen.map(({ id, target }, i) => ({ id, target, answers: (texts[i] ?? []).map(read) }));
  const rewards = (await reward({ step, seed: 1, videos: answered })).flat();
  const gains = vq.advantages(rewards, samples);
  const batch = prompts.map((prompt, i) => {
    const mine = gains.subarray(i * samples, (i + 1) * samples);
    return { prompt, completions: groups[i] ?? [], advantages: mine };
  });
  const { kl } = await trainer.step({ groups: batch, loss: "grpo", learningRate: 3e-4, beta: 0.04 });
  const known = rewards.filter((value) => value !== null);
  const earned = known.reduce((a, b) => a + b, 0) / known.length;
  console.log(`step ${step + 1}: reward ${earned.toFixed(3)}, kl ${kl.toFixed(4)}`);
}
trainer.dispose();
await model.save(out);
model.dispose();
