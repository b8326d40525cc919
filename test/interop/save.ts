/**
 * `npm run interop`: saves every recorded configuration in both layouts, then has a Python with torch and transformers
 * load what was saved and compare its logits with the recorded ones (load_saved.py beside this file's source). Not a
 * part of `npm test`, which needs no Python.
 */
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";
import { loadModel } from "../../lib/index.js";
import { CONFIGURATIONS, configurationPath } from "../helpers/configurations.js";
import { SAVES, type Save } from "../helpers/saves.js";
import { withFolder } from "../helpers/small-model.js";
import { python } from "./python.js";

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

await withFolder(async (root) => {
  await saveAll(root);
  process.stdout.write(python(join(packageRoot(), "test", "interop", "load_saved.py"), root));
});
