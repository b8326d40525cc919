/** Other package managers and other runtimes than the Node and npm at hand, each with a home of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { RUNTIMES, runtime } from "../../endings/runtimes.js";
import { type Checks, same } from "../checks.js";
import { LOAD, SCORE_BY_API } from "../consumers.js";
import { type Ground, scored } from "../ground.js";
import { PACKAGE_MANAGERS, packageManager } from "../package-managers.js";
import type { Stranger } from "../stranger.js";

/** How each runtime installs with its own means, and runs a file. */
const OWN = {
  bun: { install: ["add", "--ignore-scripts", "vqathinker"], run: ["run"] },
  deno: { install: ["install", "--node-modules-dir=auto", "npm:vqathinker"], run: ["run", "--allow-all"] },
} as const;

export async function installers(checks: Checks, ground: Ground): Promise<void> {
  const { root } = findLibtorch();
  for (const name of Object.keys(PACKAGE_MANAGERS)) {
    const { title, node, install, run } = packageManager(name);
    const who = ground.stranger(name, node === undefined ? {} : { node });
    await checks.check(`${title} installs, and scores`, async () => {
      writeFolder(who);
      await who.must("node", install("vqathinker"));
      const output = await who.run("node", [...run("score.mjs"), ground.video], { VQAT_LIBTORCH: root });
      same(scored(output), ground.expected, "result");
    });
  }
  for (const name of Object.keys(OWN) as (keyof typeof OWN)[]) {
    const { program } = runtime(name);
    const who = ground.stranger(name);
    const title = `${name} ${RUNTIMES[name]?.version}`;
    await checks.check(`${title} installs, and scores`, async () => {
      writeFolder(who);
      await who.must(program, OWN[name].install);
      const output = await who.run(program, [...OWN[name].run, "score.mjs", ground.video], {
        VQAT_LIBTORCH: root,
      });
      same(scored(output), ground.expected, "result");
    });
    await checks.check(`${title} without libtorch: the API throws the code`, async () => {
      same((await who.must(program, [...OWN[name].run, "load.mjs"])).stdout, "E_NO_LIBTORCH\n", "code");
    });
  }
}

function writeFolder({ folder }: Stranger): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "stranger", private: true, type: "module" }),
  );
  writeFileSync(join(folder, "score.mjs"), SCORE_BY_API);
  writeFileSync(join(folder, "load.mjs"), LOAD);
}
