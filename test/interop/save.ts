/**
 * `npm run interop`: saves every recorded configuration in both layouts, then has a Python with torch and transformers
 * load what was saved and compare its logits with the recorded ones (load_saved.py beside this file's source). Not a
 * part of `npm test`, which needs no Python.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { loadModel } from "../../lib/index.js";
import { CONFIGURATIONS, configurationPath } from "../helpers/configurations.js";
import { SAVES, type Save } from "../helpers/saves.js";
import { withFolder } from "../helpers/small-model.js";

async function saveAll(root: string): Promise<void> {
  for (const name of CONFIGURATIONS) {
    for (const save of SAVES) {
      const model = await loadModel(configurationPath(name), { dtype: save.dtype, threads: 1 });
      try {
        await model.save(join(root, folderName(save), name), save);
      } finally {
        model.dispose();
      }
    }
  }
}

function folderName({ layout, dtype }: Save): string {
  return `${layout}-${dtype}`;
}

/** Exit code: that of the Python program; 2 without one. */
async function main(): Promise<number> {
  const python = process.env["VQAT_PYTHON"];
  if (!python) {
    process.stderr.write(
      "VQAT_PYTHON: expected a Python with torch, transformers and safetensors; not set\n",
    );
    return 2;
  }
  return withFolder(async (root) => {
    await saveAll(root);
    const script = join(packageRoot(), "test", "interop", "load_saved.py");
    const { status, error } = spawnSync(python, [script, root], {
      stdio: "inherit",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });
    if (error) process.stderr.write(`VQAT_PYTHON: ${python} cannot be run: ${error.message}\n`);
    return status ?? 2;
  });
}

process.exitCode = await main();
