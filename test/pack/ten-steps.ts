/** A run of ten training steps by the installed command line, and what its events must say. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderSet } from "../../lib/synthetic/render-set.js";
import { Failed, same } from "./checks.js";
import type { Ground } from "./ground.js";
import type { Stranger } from "./stranger.js";

const STEPS = 10;
const CONFIG = { steps: STEPS, threads: 1, videosPerStep: 4, samples: 4, maxNewTokens: 40 } as const;

/** @param command  a program of PATH or a path, with arguments, that is the command line of ours. */
export async function trainsTenSteps(
  ground: Ground,
  who: Stranger,
  [program, ...args]: readonly [string, ...string[]],
): Promise<void> {
  const out = join(who.folder, "run");
  rmSync(out, { recursive: true, force: true });
  writeFileSync(join(who.folder, "run.json"), JSON.stringify({ ...CONFIG, data: await clips(ground), out }));
  await who.must(program, [...args, "train", "--config", "run.json"]);
  const events = readFileSync(join(out, "events.jsonl"), "utf8").trim().split("\n");
  const steps = events
    .map((line) => JSON.parse(line) as { type: string; loss: number; gradNorm: number })
    .filter(({ type }) => type === "step");
  same(steps.length, STEPS, "steps in events.jsonl");
  if (!steps.every(({ loss, gradNorm }) => Number.isFinite(loss) && gradNorm > 0))
    throw new Failed(`a step without a loss or a gradient: ${JSON.stringify(steps)}`);
}

/** The list of eight clips, rendered once. */
async function clips({ scratch }: Ground): Promise<string> {
  const dir = join(scratch, "clips");
  const manifest = join(dir, "train.jsonl");
  if (existsSync(manifest)) return manifest;
  mkdirSync(dir);
  return (await renderSet({ kind: "train", count: 8, seed: 5, dir })).manifest;
}
