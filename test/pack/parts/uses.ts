/** What people do with the installed package: train, compile against it, score in a thread and in two processes. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderSet } from "../../../lib/synthetic/render-set.js";
import { type Checks, Failed, same } from "../checks.js";
import { RESOLUTIONS, writeTyped } from "../consumers.js";
import { type Ground, SCORE, scored } from "../ground.js";
import type { Stranger } from "../stranger.js";

const STEPS = 10;

export async function uses(checks: Checks, ground: Ground, who: Stranger): Promise<void> {
  await checks.check("train: ten steps", () => train(ground, who));
  await checks.check("a thread scores", async () => {
    const output = await who.run("node", ["worker.mjs", ground.video]);
    same(scored(output), ground.expected, "result");
  });
  await checks.check("two processes score at once", async () => {
    const both = [1, 2].map(() => who.run("npx", ["vqathinker", ...SCORE, ground.video]));
    for (const output of await Promise.all(both)) same(scored(output), ground.expected, "result");
  });
  await who.must("npm", ["install", "--ignore-scripts", "--save-dev", "typescript", "@types/node"]);
  for (const resolution of Object.keys(RESOLUTIONS) as (keyof typeof RESOLUTIONS)[])
    await checks.check(`types of a consumer: ${resolution}, libraries' types checked too`, () =>
      who.must("npx", ["tsc", "-p", writeTyped(who.folder, resolution)]),
    );
}

async function train(ground: Ground, who: Stranger): Promise<void> {
  const dir = join(ground.scratch, "clips");
  mkdirSync(dir);
  const { manifest } = await renderSet({ kind: "train", count: 8, seed: 5, dir });
  const out = join(who.folder, "run");
  const config = {
    data: manifest,
    out,
    steps: STEPS,
    threads: 1,
    videosPerStep: 4,
    samples: 4,
    maxNewTokens: 40,
  };
  writeFileSync(join(who.folder, "run.json"), JSON.stringify(config));
  await who.must("npx", ["vqathinker", "train", "--config", "run.json"]);
  const events = readFileSync(join(out, "events.jsonl"), "utf8").trim().split("\n");
  const steps = events
    .map((line) => JSON.parse(line) as { type: string; loss: number; gradNorm: number })
    .filter(({ type }) => type === "step");
  same(steps.length, STEPS, "steps in events.jsonl");
  if (!steps.every(({ loss, gradNorm }) => Number.isFinite(loss) && gradNorm > 0))
    throw new Failed(`a step without a loss or a gradient: ${JSON.stringify(steps)}`);
}
