/** All of `npm test` in a clean clone of what is committed here, built on another libtorch. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../../lib/core/package-root.js";
import { succeed } from "./program.js";

/** @param root  the torch folder. @param scratch  gets the clone. @returns what is not as it should be. */
export async function checkSuite(root: string, scratch: string): Promise<string[]> {
  const clone = join(scratch, "clone");
  await succeed("git", ["clone", "--quiet", packageRoot(), clone]);
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn("npm", ["test"], {
      cwd: clone,
      env: { ...process.env, VQAT_LIBTORCH: root },
      stdio: "inherit",
    });
    child.on("error", reject);
    child.on("close", resolve);
  });
  return code === 0 ? [] : [`the suites on ${root} ended with ${code}`];
}
