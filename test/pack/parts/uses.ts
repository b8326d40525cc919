/** What people do with the installed package: train, compile against it, score in a thread and in two processes. */
import { type Checks, same } from "../checks.js";
import { RESOLUTIONS, writeTyped } from "../consumers.js";
import { type Ground, SCORE, scored } from "../ground.js";
import type { Stranger } from "../stranger.js";
import { trainsTenSteps } from "../ten-steps.js";

export async function uses(checks: Checks, ground: Ground, who: Stranger): Promise<void> {
  await checks.check("train: ten steps", () => trainsTenSteps(ground, who, ["npx", "vqathinker"]));
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
