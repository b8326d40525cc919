/** Other package managers than the npm at hand, each with a home of its own. */
import { findLibtorch } from "../../../lib/libtorch/libtorch.js";
import { type Checks, same } from "../checks.js";
import { writePrograms } from "../consumers.js";
import { type Ground, scored } from "../ground.js";
import { PACKAGE_MANAGERS, packageManager } from "../package-managers.js";

export async function installers(checks: Checks, ground: Ground): Promise<void> {
  const { root } = findLibtorch();
  for (const name of Object.keys(PACKAGE_MANAGERS)) {
    const { title, node, install, run } = packageManager(name);
    const who = ground.stranger(name, node === undefined ? {} : { node });
    await checks.check(`${title} installs, and scores`, async () => {
      writePrograms(who.folder);
      await who.must("node", install("vqathinker"));
      const output = await who.run("node", [...run("score.mjs"), ground.video], { VQAT_LIBTORCH: root });
      same(scored(output), ground.expected, "result");
    });
  }
}
