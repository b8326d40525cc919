/** The same under Bun and Deno, installed with their own means and run by nothing else. */
import { join } from "node:path";
import { RUNTIMES, runtime } from "../../endings/runtimes.js";
import { type Checks, holds, same } from "../checks.js";
import { IMPORTED, writePrograms } from "../consumers.js";
import { type Ground, SCORE, scored } from "../ground.js";
import type { Output } from "../stranger.js";
import { trainsTenSteps } from "../ten-steps.js";
import { pipFrom } from "../wheel.js";

const MAIN = join("node_modules", "vqathinker", "dist", "lib", "cli", "main.js");

/** How each installs, runs a file and starts our command line. */
const OWN = {
  bun: { install: ["add", "--ignore-scripts", "vqathinker"], run: ["run"], cli: ["run", MAIN] },
  deno: {
    install: ["install", "--node-modules-dir=auto", "npm:vqathinker"],
    run: ["run", "--allow-all"],
    cli: ["run", "--allow-all", "npm:vqathinker"],
  },
} as const;

/** @param wheels  folder with the wheel. */
export async function runtimes(checks: Checks, ground: Ground, wheels: string): Promise<void> {
  for (const name of Object.keys(OWN) as (keyof typeof OWN)[]) {
    const { program } = runtime(name);
    const own = OWN[name];
    const who = ground.stranger(name, { env: pipFrom(wheels) });
    const file = (...args: string[]) => who.must(program, [...own.run, ...args]);
    const cli = (...args: string[]) => who.must(program, [...own.cli, ...args]);
    const scores = async (output: Promise<Output>) => same(scored(await output), ground.expected, "result");
    const check = (what: string, body: () => Promise<unknown>) =>
      checks.check(`${name} ${RUNTIMES[name]?.version}: ${what}`, body);
    writePrograms(who.folder);
    await check("install", () => who.must(program, own.install));
    await check("import", async () =>
      same(JSON.parse((await file("import.mjs")).stdout), IMPORTED, "import"),
    );
    await check("without libtorch the API throws the code", async () =>
      same((await file("load.mjs")).stdout, "E_NO_LIBTORCH\n", "code"),
    );
    await check("set-up", () => cli("setup"));
    await check("doctor", async () =>
      holds((await cli("doctor")).stdout, /^ok +addon +.*@vqathinker.linux-x64/m, "addon"),
    );
    await check("score", () => scores(cli(...SCORE, ground.video)));
    await check("train: ten steps", () => trainsTenSteps(ground, who, [program, ...own.cli]));
    await check("a thread scores", () => scores(file("worker.mjs", ground.video)));
    await check("two processes score at once", () =>
      Promise.all([1, 2].map(() => scores(file("score.mjs", ground.video)))),
    );
  }
}
