/** What people do with the installed package: train, compile against it, score in a thread and in two processes. */
import { type Checks, same } from "../checks.js";
import { RESOLUTIONS, writeTyped } from "../consumers.js";
import { type Ground, SCORE, scored } from "../ground.js";
import type { Stranger } from "../stranger.js";
import { trainsTenSteps } from "../ten-steps.js";

const ONE_ROW = [
  ...["--rows", "no-motion", "--seeds", "1", "--clips", "6", "--held-out", "4"],
  ...["--steps", "1", "--videos-per-step", "4", "--start-steps", "1"],
];

export async function uses(checks: Checks, ground: Ground, who: Stranger): Promise<void> {
  await checks.check("train: ten steps", () => trainsTenSteps(ground, who, ["npx", "vqathinker"]));
  // On clips that it renders: what the tests alone need of the sources is not in the package, but that is.
  await checks.check("ablate: a row of table 4", async () => {
    const { stdout } = await who.must("npx", ["vqathinker", "ablate", "--out", "ablation", ...ONE_ROW]);
    same(/^without motion .* 0\.840 /m.test(stdout), true, "its row");
  });
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
